import { Module } from '@nestjs/common';
import { AudioController } from './audio.controller.js';
import { VoiceLists } from './voice-lists.js';

@Module({ controllers: [AudioController], providers: [VoiceLists] })
export class AudioModule {}
