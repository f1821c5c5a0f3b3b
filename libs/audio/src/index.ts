export { AudioModule } from './audio.module.js';
export { SpeechController } from './speech.controller.js';
export { TranscriptionController } from './transcription.controller.js';
