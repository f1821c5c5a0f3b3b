import { Module } from '@nestjs/common';
import { SpeechController } from './speech.controller.js';
import { TranscriptionController } from './transcription.controller.js';
import { VoiceLists } from './voice-lists.js';

@Module({
  controllers: [SpeechController, TranscriptionController],
  providers: [VoiceLists],
})
export class AudioModule {}
