export { AudioModule } from './audio.module.js';
export { SpeechController } from './speech.controller.js';
export { type PageUpload, TranscriptionController } from './transcription.controller.js';
