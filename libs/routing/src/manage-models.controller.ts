import { Controller, HttpCode, Param, Patch, Post } from '@nestjs/common';
import { type Actor, CurrentActor } from '@app/audit';
import { Access, ManagementBody } from '@app/call';
import { DeleteModelDto, NewModelDto, UpdateModelDto } from './dto/new-model.dto.js';
import { ModelsService, type StoredModelView } from './models.service.js';

/** Models of the database. They need `STORE_MODEL_IN_DB=True`. */
@Controller('model')
export class ManageModelsController {
  constructor(private readonly models: ModelsService) {}

  @Post('new')
  @HttpCode(200)
  @Access('admin')
  add(
    @ManagementBody(NewModelDto) body: NewModelDto,
    @CurrentActor() actor: Actor,
  ): Promise<StoredModelView> {
    return this.models.add(body, actor);
  }

  @Post('update')
  @HttpCode(200)
  @Access('admin')
  change(
    @ManagementBody(UpdateModelDto) body: UpdateModelDto,
    @CurrentActor() actor: Actor,
  ): Promise<StoredModelView> {
    return this.models.change(null, body, actor);
  }

  @Patch(':id/update')
  @Access('admin')
  changeNamed(
    @Param('id') id: string,
    @ManagementBody(UpdateModelDto) body: UpdateModelDto,
    @CurrentActor() actor: Actor,
  ): Promise<StoredModelView> {
    return this.models.change(id, body, actor);
  }

  @Post('delete')
  @HttpCode(200)
  @Access('admin')
  async remove(
    @ManagementBody(DeleteModelDto) body: DeleteModelDto,
    @CurrentActor() actor: Actor,
  ): Promise<{ message: string }> {
    const id = await this.models.remove(body.id, actor);
    return { message: `Model: ${id} deleted successfully` };
  }
}
