/** Makes one recording of several that come one after the other. */
export interface AudioJoin {
  /** What to send for bytes of the part that is coming in. @throws UpstreamError where it does not fit to the others */
  push(chunk: Buffer): readonly Buffer[];
  /** What is left of a part at its end. */
  endPart(isLast: boolean): readonly Buffer[];
}
