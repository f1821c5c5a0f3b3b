import { type JsonObject, ObjectField, TextField } from '@app/call';

/** `POST /model/new` */
export class NewModelDto {
  @TextField()
  model_name?: string | null;

  @ObjectField()
  litellm_params?: JsonObject | null;

  @ObjectField()
  model_info?: JsonObject | null;
}

/** `POST /model/update` and `PATCH /model/{id}/update`: what is absent stays as it is. */
export class UpdateModelDto extends NewModelDto {}

/** `POST /model/delete` */
export class DeleteModelDto {
  @TextField()
  id?: string | null;
}
