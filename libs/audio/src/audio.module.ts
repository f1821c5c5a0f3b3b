import { Module } from '@nestjs/common';
import { SpeechController } from './speech.controller.js';
import { TranscriptionController } from './transcription.controller.js';
import { VoiceLists } from './voice-lists.js';

/** The doors of speech and of transcription. */
@Module({
  controllers: [SpeechController, TranscriptionController],
  providers: [VoiceLists],
})
export class AudioModule {}
