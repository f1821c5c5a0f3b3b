import { HttpCode, type OnModuleInit, Post } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { SpeechController, TranscriptionController } from '@app/audio';
import { Access } from '@app/call';
import { ChatController } from '@app/chat';
import { OpenTo, ReadsOwnBody } from './page-access.js';
import { CurrentVisit, Pages } from './pages.js';
import { type Visit } from './visitor.js';

/**
 * The API's own doors for the script of the playground: the same bodies, read and answered by the same code, but let
 * in by the session, so that no key is ever in a page.
 */
@Pages()
export class PlaygroundDoorsController implements OnModuleInit {
  private chats!: ChatController;
  private speech!: SpeechController;
  private transcriptions!: TranscriptionController;

  constructor(private readonly modules: ModuleRef) {}

  onModuleInit(): void {
    this.chats = this.modules.get(ChatController, { strict: false });
    this.speech = this.modules.get(SpeechController, { strict: false });
    this.transcriptions = this.modules.get(TranscriptionController, { strict: false });
  }

  @Post('ui/playground/chat')
  @HttpCode(200)
  @Access('public')
  @OpenTo('holder')
  @ReadsOwnBody()
  chat(@CurrentVisit() { req, res }: Visit): Promise<void> {
    return this.chats.chat(req, res);
  }

  @Post('ui/playground/speech/audio')
  @HttpCode(200)
  @Access('public')
  @OpenTo('holder')
  @ReadsOwnBody()
  speak(@CurrentVisit() { req, res }: Visit): Promise<void> {
    return this.speech.speak(req, res);
  }

  @Post('ui/playground/transcription/text')
  @HttpCode(200)
  @Access('public')
  @OpenTo('holder')
  @ReadsOwnBody()
  transcribe(@CurrentVisit() { req, res }: Visit): Promise<void> {
    return this.transcriptions.transcribe(req, res);
  }
}
