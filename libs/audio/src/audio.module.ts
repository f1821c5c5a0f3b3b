import { Module } from '@nestjs/common';
import { AudioRequests } from './audio-requests.js';
import { SpeechController } from './speech.controller.js';
import { TranscriptionController } from './transcription.controller.js';
import { VoiceLists } from './voice-lists.js';

@Module({
  controllers: [SpeechController, TranscriptionController],
  providers: [AudioRequests, VoiceLists],
})
export class AudioModule {}
