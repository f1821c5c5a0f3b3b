import { TextListField } from '@app/call';

/** Body of `POST /key/delete`: keys or their hashes, or aliases. */
export class DeleteKeyDto {
  @TextListField() keys?: string[] | null;
  @TextListField() key_aliases?: string[] | null;
}

/** Body of `POST /v2/key/info`: keys or their hashes. */
export class KeysInfoDto {
  @TextListField() keys?: string[] | null;
}
