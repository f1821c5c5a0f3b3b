import { type JsonObject, BudgetField, isJsonObject, TextField, TextListField } from '@app/call';
import { buildMessage, ValidateBy } from 'class-validator';

const MAX_KEYS = 500;

const ChangeListField = (): PropertyDecorator =>
  ValidateBy(
    {
      name: 'changes',
      constraints: [
        { type: 'array', minItems: 1, maxItems: MAX_KEYS, items: { type: 'object', required: ['key'] } },
      ],
      validator: {
        validate: (value: unknown) =>
          Array.isArray(value) &&
          value.length > 0 &&
          value.length <= MAX_KEYS &&
          value.every((item) => isJsonObject(item)),
      },
    },
    {
      message: buildMessage(
        (prefix) => `${prefix}$property must be a list of 1 to ${MAX_KEYS} objects such as {"key": "sk-…"}`,
      ),
    },
  );

/** Body of `POST /key/bulk_update`; each item is judged by {@link KeyChangeDto}. */
export class BulkUpdateDto {
  @ChangeListField() keys!: JsonObject[];
}

/** What may be said of one of many keys. */
export class KeyChangeDto {
  @TextField() key?: string | null;
  @TextField() budget_id?: string | null;
  @BudgetField() max_budget?: number | string | null;
  @TextField() team_id?: string | null;
  @TextListField() tags?: string[] | null;
}
