/** What to search for. */
export interface SearchQuery {
  readonly text: string;
  /** At most this many hits, 1 to 20. */
  readonly maxResults: number;
  /** Only hits on these hosts and their subdomains; empty: anywhere. */
  readonly domains: readonly string[];
  /** ISO 3166 code of two letters; null: any. */
  readonly country: string | null;
  /** Longest snippet, in tokens of about four characters. */
  readonly maxTokensPerPage: number;
}

/** One result, cleaned: no control characters, lengths capped, an `http` or `https` address. */
export interface SearchHit {
  readonly title: string;
  readonly url: string;
  readonly snippet: string;
  /** `2026-02-16`, or null where the page tells none. */
  readonly date: string | null;
}
