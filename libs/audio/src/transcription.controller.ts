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

  @Post(audioRoutes('translations'))
  @Access('inference')
  translate(@Req() req: GatewayRequest, @Res() res: ServerResponse): Promise<void> {
    return this.#listen('translations', req, res);
  }

  async #listen(kind: Listening, req: GatewayRequest, res: ServerResponse): Promise<void> {
    const options = this.requests.factsOf(req, res);
    const upload = new Upload(req, MAX_FILE_BYTES);
    let spool: Spool | null = null;
    try {
      const file = await upload.file();
      const wire = new TranscriptionWire(upload, file);
      const declaredBytes = Number(req.headers['content-length'] ?? NaN);
      const knowsModel = options.pathModel !== null || upload.field('model') !== null;
      // A budget can only reserve for what has a size.
      const hasBound =
        Number.isFinite(declaredBytes) ||
        (req.caller.rules.length === 0 && req.caller.maxBudgetPicoUsd === null);
      if (!knowsModel || !hasBound) {
        spool = await Spool.from(file.stream, (chunk) => wire.timer.push(chunk));
        wire.spool = spool;
        await upload.ended();
      }
      const bodyBytes = spool?.bytes ?? (Number.isFinite(declaredBytes) ? declaredBytes : MAX_FILE_BYTES);
      const call = readTranscriptionCall(req, { fields: upload.fields, bodyBytes, kind }, options);
      await this.pipeline.run(call, res, wire);
    } catch (error) {
      throw upload.failure ?? error;
    } finally {
      upload.close();
      await spool?.close();
    }
  }
}
