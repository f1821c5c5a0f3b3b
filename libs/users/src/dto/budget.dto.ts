import { FlagField, TextField, TextListField } from '@app/call';
import { LimitFieldsDto } from './limit-fields.dto.js';

/** Body of `POST /budget/new` and `/budget/update`. */
export class BudgetDto extends LimitFieldsDto {
  static readonly unsupported: readonly string[] = ['allowed_models'];

  @TextField() budget_id?: string | null;
  /** When the running window ends; the windows before and after follow from it. */
  @TextField() budget_reset_at?: string | null;
}

/** Body of `POST /budget/info`. */
export class BudgetIdsDto {
  @TextListField() budgets?: string[] | null;
}

/** Body of `POST /budget/delete`. */
export class DeleteBudgetDto {
  @TextField() id?: string | null;
}

/** Body of `POST /customer/new` and `/customer/update`. */
export class CustomerDto extends LimitFieldsDto {
  static readonly unsupported: readonly string[] = [
    'allowed_model_region',
    'default_model',
    'object_permission',
  ];

  @TextField() user_id?: string | null;
  @TextField() alias?: string | null;
  @FlagField() blocked?: boolean | null;
  @TextField() budget_id?: string | null;
}

/** Body of `POST /customer/delete`, `/customer/block` and `/customer/unblock`. */
export class CustomerIdsDto {
  @TextListField() user_ids?: string[] | null;
}
