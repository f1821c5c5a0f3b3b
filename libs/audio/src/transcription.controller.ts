import { Controller, Post, Req, Res } from '@nestjs/common';
import { type ServerResponse } from 'node:http';
import { Access, type GatewayRequest } from '@app/call';
import { DoorRequests, PipelineService } from '@app/pipeline';
import { audioRoutes } from './audio-routes.js';
import { type Listening, readTranscriptionCall } from './read-transcription-call.js';
import { Spool } from './spool.js';
import { TranscriptionWire } from './transcription-wire.js';
import { Upload } from './upload.js';

/** More than ten hours of samples, or weeks of compressed speech. */
const MAX_FILE_BYTES = 1024 ** 3;

/** A page that has been sent a form with a file. */
export interface PageUpload {
  /** Gets the transcript instead of the browser. */
  readonly answer: ServerResponse;
  /** Asked when the file begins, with the page's own field of that name taken out of the form. May throw. */
  readonly check: { readonly field: string; readonly value: (sent: string) => void };
}

/** The door for what is heard: transcripts, in the language that was spoken or in English. */
@Controller()
export class TranscriptionController {
  constructor(
    private readonly pipeline: PipelineService,
    private readonly requests: DoorRequests,
  ) {}

  @Post(audioRoutes('transcriptions'))
  @Access('inference')
  transcribe(@Req() req: GatewayRequest, @Res() res: ServerResponse): Promise<void> {
    return this.#listen('transcriptions', req, res);
  }

  /** The same for a page: fields that were left empty do not count. */
  transcribeFor(page: PageUpload, req: GatewayRequest, res: ServerResponse): Promise<void> {
    return this.#listen('transcriptions', req, res, page);
  }

  @Post(audioRoutes('translations'))
  @Access('inference')
  translate(@Req() req: GatewayRequest, @Res() res: ServerResponse): Promise<void> {
    return this.#listen('translations', req, res);
  }

  async #listen(kind: Listening, req: GatewayRequest, res: ServerResponse, page?: PageUpload): Promise<void> {
    const options = this.requests.factsOf(req, res);
    const upload = new Upload(req, MAX_FILE_BYTES, page !== undefined);
    let spool: Spool | null = null;
    try {
      const file = await upload.file();
      if (page) page.check.value(upload.take(page.check.field));
      const wire = new TranscriptionWire(upload, file);
      const declaredBytes = Number(req.headers['content-length'] ?? NaN);
      const knowsModel = options.pathModel !== null || upload.field('model') !== null;
      // A budget can only reserve for what has a size.
      const hasBound =
        Number.isFinite(declaredBytes) ||
        (req.caller.rules.length === 0 && req.caller.maxBudgetPicoUsd === null);
      if (!knowsModel || !hasBound) {
        spool = await Spool.from(file.stream, {
          holder: req.caller.keyHash,
          look: (chunk) => wire.timer.push(chunk),
        });
        wire.spool = spool;
        await upload.ended();
      }
      const bodyBytes = spool?.bytes ?? (Number.isFinite(declaredBytes) ? declaredBytes : MAX_FILE_BYTES);
      const call = readTranscriptionCall(req, { fields: upload.fields, bodyBytes, kind }, options);
      await this.pipeline.run(call, page?.answer ?? res, wire);
    } catch (error) {
      throw upload.failure ?? error;
    } finally {
      upload.close();
      await spool?.close();
    }
  }
}
