/** Where a deployment is, before its address is known to be good. */
export interface Place {
  /** As configured, or the provider's own. */
  readonly base: URL;
  /** Of the upstream, as in `api_version`; null where none is configured. */
  readonly apiVersion: string | null;
}

/** Below an origin: `{model}` in the path stands for the upstream's model name. */
export interface PlacedPath {
  readonly basePath: string;
  /** `?api-version=…`, or nothing. */
  readonly query: string;
}

/** How a hosted provider differs from a server that speaks OpenAI's protocol at its `api_base`. */
export interface Provider {
  /** Where requests go that name no address; null: there is none, an `api_base` is needed. */
  readonly base: string | null;
  /** The header that takes the bare key; null: `Authorization: Bearer`. */
  readonly keyHeader: string | null;
  /** What its chat speaks. */
  readonly protocol: 'openai' | 'anthropic';
  /** Sent with every request. */
  readonly headers: Readonly<Record<string, string>>;
  /** It tells the usage of a stream unasked, and refuses to be asked. */
  readonly refusesStreamOptions: boolean;
  /** It has a list of its models below the base path. */
  readonly listsModels: boolean;
  place(place: Place): PlacedPath;
}

/** A server at an address that is used as it is written. */
export const PLAIN_PROVIDER: Provider = {
  base: null,
  keyHeader: null,
  protocol: 'openai',
  headers: {},
  refusesStreamOptions: false,
  listsModels: true,
  place: ({ base }) => ({ basePath: withoutSlash(base.pathname), query: '' }),
};

/** For providers whose users write the host alone. */
export const belowVersion =
  (version: string): Provider['place'] =>
  ({ base }) => {
    const path = withoutSlash(base.pathname);
    return { basePath: path.endsWith(`/${version}`) ? path : `${path}/${version}`, query: '' };
  };

export const withoutSlash = (path: string): string => path.replace(/\/+$/, '');
