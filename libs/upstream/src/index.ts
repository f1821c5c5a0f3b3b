export { ByteStream, type ByteFilter } from './byte-stream.js';
export { AttemptScope } from './attempt-scope.js';
export { postDocument } from './post-document.js';
export { AnswerText } from './answer-text.js';
export { readDocument } from './read-document.js';
export { type JsonAnswer, readAnswer, TRANSLATED_CHAT } from './read-answer.js';
export { SseSplicer, type SplicerOptions } from './sse-splicer.js';
export { mayReach, type OutboundAgents, outboundAgents } from './outbound-agents.js';
export { SseFrames } from './sse-frames.js';
export { SseStream } from './sse-stream.js';
export { type AnswerClient } from './stream-splicer.js';
export {
  ALLOW_PRIVATE_UPSTREAMS,
  type Destination,
  UpstreamClient,
  type UpstreamReply,
  type UpstreamRequest,
} from './upstream.client.js';
export { UpstreamModule } from './upstream.module.js';
export { UsageMeter } from './usage-meter.js';
export { connectionError, credentialsIn, errorFromText, withoutKeys } from './upstream-errors.js';
export { readWhole } from './read-whole.js';
export { EventSplicer } from './event-splicer.js';
export { type AnswerProtocol } from './protocols/protocol.js';
export { MESSAGES_PROTOCOL } from './protocols/messages-protocol.js';
export { KEPT_RESPONSE_PROTOCOL, RESPONSES_PROTOCOL } from './protocols/responses-protocol.js';
export {
  COUNT_PROTOCOL,
  IMAGE_PROTOCOL,
  MODERATION_PROTOCOL,
  NATIVE_PROTOCOL,
  RERANK_PROTOCOL,
} from './protocols/plain-protocols.js';
export { providerNamed } from './providers/providers.js';
export { chatToMessages } from './translation/chat-to-messages.js';
export { MessagesSplicer } from './translation/messages-splicer.js';
