import { Get, HttpCode, type OnModuleInit, Post } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { SpeechController, TranscriptionController } from '@app/audio';
import { Access, GatewayError } from '@app/call';
import { CapturedAnswer } from './captured-answer.js';
import { ChecksOwnToken, OpenTo } from './page-access.js';
import { CurrentVisit, Pages } from './pages.js';
import { PlaygroundPage } from './playground-page.js';
import { readSpeech, speechBody, type SpeechFields } from './playground-form.js';
import { speechView, transcriptIn, transcriptionView } from './playground.view.js';
import { requireToken } from './session.guard.js';
import { type Visit } from './visitor.js';

interface Problem {
  readonly httpStatus: number;
  readonly problem: string;
}

/** Speech and transcription: the pages, and what their forms do where no script takes them over. */
@Pages()
export class PlaygroundAudioController implements OnModuleInit {
  private speaker!: SpeechController;
  private listener!: TranscriptionController;

  constructor(
    private readonly pages: PlaygroundPage,
    private readonly modules: ModuleRef,
  ) {}

  onModuleInit(): void {
    this.speaker = this.modules.get(SpeechController, { strict: false });
    this.listener = this.modules.get(TranscriptionController, { strict: false });
  }

  @Get('ui/playground/speech')
  @Access('public')
  @OpenTo('holder')
  speech(@CurrentVisit() visit: Visit): void {
    this.sendSpeech(visit, readSpeech(visit.query));
  }

  /** The sound as a file, or the page again with what went wrong. */
  @Post('ui/playground/speech')
  @HttpCode(200)
  @Access('public')
  @OpenTo('holder')
  async speak(@CurrentVisit() visit: Visit): Promise<void> {
    const fields = readSpeech(visit.form);
    const { req, res } = visit;
    try {
      res.setHeader('content-disposition', `attachment; filename="speech.${fields.format}"`);
      await this.speaker.say(req, res, speechBody(fields));
    } catch (error) {
      if (res.headersSent) throw error;
      res.removeHeader('content-disposition');
      this.sendSpeech(visit, fields, problemOf(error));
    }
  }

  @Get('ui/playground/transcription')
  @Access('public')
  @OpenTo('holder')
  transcription(@CurrentVisit() visit: Visit): void {
    this.sendTranscription(visit, {});
  }

  /** The page again, with the transcript or with what went wrong. */
  @Post('ui/playground/transcription')
  @HttpCode(200)
  @Access('public')
  @OpenTo('holder')
  @ChecksOwnToken()
  async transcribe(@CurrentVisit() visit: Visit): Promise<void> {
    const { req, res, visitor } = visit;
    const answer = new CapturedAnswer(req);
    const form = { isOurs: false };
    const check = (sent: string): void => {
      requireToken(sent, visitor.csrf);
      form.isOurs = true;
    };
    try {
      await this.listener.transcribeFor({ answer, check: { field: 'csrf', value: check } }, req, res);
    } catch (error) {
      if (!form.isOurs || !req.complete) throw error;
      this.sendTranscription(visit, problemOf(error));
      return;
    }
    this.sendTranscription(visit, { text: transcriptIn(answer.text) });
  }

  private sendSpeech(visit: Visit, fields: SpeechFields, problem?: Problem): void {
    const view = speechView(fields, this.pages.namesOf(visit, 'audio_speech'), this.pages.address(visit));
    this.pages.send(visit, 'playground-speech', { ...view, ...problem });
  }

  private sendTranscription(visit: Visit, result: Problem | { readonly text?: string }): void {
    const names = this.pages.namesOf(visit, 'audio_transcription');
    const view = transcriptionView(names, this.pages.address(visit));
    this.pages.send(visit, 'playground-transcription', { ...view, ...result });
  }
}

function problemOf(error: unknown): Problem {
  if (!(error instanceof GatewayError)) throw error;
  return { httpStatus: error.status, problem: error.message };
}
