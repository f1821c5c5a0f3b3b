export { PipelineModule } from './pipeline.module.js';
export { PipelineService } from './pipeline.service.js';
export { type Answer, type AnswerStream, type Attempted, type Wire } from './wire.js';
export { type CallRecord } from './call-record.js';
export { type AnswerReader, type EventAnswerReader } from './answer-reader.js';
export { protocolWire, type WireExtras } from './protocol-wire.js';
export { EVENT_STREAM, textWire } from './text-wire.js';
export { upstreamBody } from './upstream-body.js';
export { DoorRequests, type RequestFacts } from './door-requests.js';
