export { Access, ACCESS_CLASS, type AccessClass } from './access.js';
export { type Call, type CallType, TEXT_CALLS } from './call.js';
export { ANONYMOUS, type Caller, CurrentCaller, type GatewayRequest, type Role } from './caller.js';
export {
  type Deployment,
  NO_PRICE,
  type Price,
  type PriceTier,
  type Timeouts,
  type TokenPrices,
  tokenPricesOf,
} from './deployment.js';
export {
  AuthenticationError,
  BadRequestError,
  BudgetExceededError,
  ClientClosedRequestError,
  ConflictError,
  type ErrorExtras,
  GatewayError,
  MethodNotAllowedError,
  NotFoundError,
  PayloadTooLargeError,
  PermissionError,
  RateLimitError,
  RouteRightError,
  SlowRequestError,
  UnavailableError,
  UnsupportedMediaTypeError,
  UpstreamError,
} from './errors.js';
export { type BindingLimit, type LimitNote } from './limit-note.js';
export { type LimitRule } from './limit-rule.js';
export { isJsonObject, type JsonObject, type JsonValue } from './json.js';
export { PICO_PER_USD, picoUsdFrom, usdNumber, usdText } from './money.js';
export {
  type AnswerContent,
  type Attempt,
  type Outcome,
  OUTCOME_SINKS,
  type OutcomeSink,
  type CacheNote,
} from './outcome.js';
export { type PlanNote } from './plan-note.js';
export { Secret } from './secret.js';
export { storable } from './storable.js';
export { NO_USAGE, type Usage } from './usage.js';
export { LiveCalls } from './live-calls.js';
export { type BodyEdits, editBody, type JsonBody, parseJsonBody } from './json-body.js';
export { type JsonMember, type JsonOutline, membersNamed, outlineObject, stringEnd } from './json-scan.js';
export { readBytes, readJson } from './read-json.js';
export { addDuration, type Duration, durationFrom } from './duration.js';
export { propertiesOf, QueryFields, queryFieldsOf } from './described-fields.js';
export { type DtoClass, ManagementBody, readDto } from './management-body.js';
export {
  BudgetField,
  ChoiceField,
  DurationField,
  FlagField,
  ObjectField,
  TextField,
  TextListField,
  TextMapField,
} from './management-fields.js';
export { NO_WISHES, type RoutingWishes, wishesOf } from './routing-wishes.js';
export { GATEWAY_VERSION } from './gateway-version.js';
export { addCommonHeaders, contentTypeOf, writeHeadWithCommon } from './common-headers.js';
export { ClientAddresses, clientOf } from './client-address.js';
export { csvCell } from './csv-cell.js';
export { CallModule } from './call.module.js';
export { DrainState } from './drain-state.js';
export { endUserOf } from './end-user.js';
export { spanIdOf, traceHintsOf, type TraceHints, traceIdOf, traceparentOf } from './trace-hints.js';
export { type CallKnown, modelNameFrom, readCall } from './read-call.js';
export { OWN_FIELDS_BUT_METADATA, refuseFields, refuseOtherSpellings } from './refused-fields.js';
export { RecentMap } from './recent-map.js';
