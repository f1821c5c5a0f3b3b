import { FlagField, isJsonObject, type JsonObject, ObjectField } from '@app/call';
import { buildMessage, IsOptional, ValidateBy } from 'class-validator';

/** So many users one request may change. */
export const MAX_USERS = 500;

const UserListField = (): PropertyDecorator => (target, property) => {
  IsOptional()(target, property);
  ValidateBy(
    {
      name: 'users',
      constraints: [{ type: 'array', minItems: 1, maxItems: MAX_USERS, items: { type: 'object' } }],
      validator: {
        validate: (value: unknown) =>
          Array.isArray(value) &&
          value.length > 0 &&
          value.length <= MAX_USERS &&
          value.every((item) => isJsonObject(item)),
      },
    },
    {
      message: buildMessage(
        (prefix) =>
          `${prefix}$property must be a list of 1 to ${MAX_USERS} objects such as {"user_id": "ann"}`,
      ),
    },
  )(target, property);
};

/** Body of `POST /user/bulk_update`: some users, each with its changes, or one change of all. */
export class BulkUsersDto {
  /** Each is judged as a body of `POST /user/update`. */
  @UserListField() users?: JsonObject[] | null;
  @FlagField() all_users?: boolean | null;
  @ObjectField() user_updates?: JsonObject | null;
}
