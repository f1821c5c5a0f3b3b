import { Controller, Post, Req, Res } from '@nestjs/common';
import { type ServerResponse } from 'node:http';
import { Access, BadRequestError, type GatewayRequest, parseJsonBody } from '@app/call';
import { PipelineService, protocolWire } from '@app/pipeline';
import { IMAGE_PROTOCOL } from '@app/upstream';
import { IMAGE, IMAGE_EDIT } from './call-kinds.js';
import { imageEditWire } from './image-edit-wire.js';
import { fieldsOf, readImageForm } from './image-form.js';
import { TextRequests } from './text-requests.js';

const WIRE = protocolWire(IMAGE_PROTOCOL);
const routes = (path: string): string[] => [
  `v1/images/${path}`,
  `images/${path}`,
  `openai/deployments/*model/images/${path}`,
];

/** The door for pictures. */
@Controller()
export class ImagesController {
  constructor(
    private readonly requests: TextRequests,
    private readonly pipeline: PipelineService,
  ) {}

  @Post(routes('generations'))
  @Access('inference')
  async draw(@Req() req: GatewayRequest, @Res() res: ServerResponse): Promise<void> {
    await this.pipeline.run(await this.requests.read(IMAGE, req, res), res, WIRE);
  }

  @Post(routes('edits'))
  @Access('inference')
  async edit(@Req() req: GatewayRequest, @Res() res: ServerResponse): Promise<void> {
    const options = this.requests.optionsOf(IMAGE_EDIT, req, res);
    const parts = await readImageForm(req, this.requests.maxRequestBytes);
    if (!parts.some(({ name, contentType }) => contentType !== null && name.startsWith('image'))) {
      throw new BadRequestError('The form has no `image`.', 'image');
    }
    const body = parseJsonBody(Buffer.from(JSON.stringify(fieldsOf(parts))));
    await this.pipeline.run(this.requests.callOf(req, body, options), res, imageEditWire(parts));
  }
}
