import { Injectable } from '@nestjs/common';
import { type EntityManager } from 'typeorm';
import { type Actor, AuditLog } from '@app/audit';
import { BadRequestError } from '@app/call';
import {
  type Changed,
  type CustomerDto,
  type CustomerRow,
  CustomersService,
  PrincipalChanges,
  type Shown,
} from '@app/users';
import { actingUser } from '../users/acting-user.js';
import { required } from '../users/query-values.js';

type Customer = Shown<CustomerRow>;

/** Making, changing, blocking and deleting end users. */
@Injectable()
export class ManageCustomers {
  constructor(
    private readonly changes: PrincipalChanges,
    private readonly customers: CustomersService,
    private readonly audit: AuditLog,
  ) {}

  async create(dto: CustomerDto, actor: Actor): Promise<Customer> {
    const id = required(dto.user_id, 'user_id');
    return this.changes.write(async (manager) => {
      const after = await this.customers.insert(manager, id, dto, actingUser(actor.caller));
      await this.note(manager, actor, 'customer.created', [{ before: null, after }]);
      return { scopes: [after.scope], result: after };
    });
  }

  /** @throws NotFoundError */
  async update(dto: CustomerDto, actor: Actor): Promise<Customer> {
    const id = required(dto.user_id, 'user_id');
    return this.changes.write(async (manager) => {
      const changed = await this.customers.update(manager, id, dto, actingUser(actor.caller));
      await this.note(manager, actor, 'customer.updated', [changed]);
      return { scopes: [changed.after.scope], result: changed.after };
    });
  }

  /** An end user who has no row yet can be blocked too. */
  async setBlocked(
    ids: readonly string[] | null | undefined,
    blocked: boolean,
    actor: Actor,
  ): Promise<Customer[]> {
    const wanted = namedIn(ids);
    return this.changes.write(async (manager) => {
      const changed = await this.customers.setBlocked(manager, wanted, blocked, actingUser(actor.caller));
      await this.note(manager, actor, blocked ? 'customer.blocked' : 'customer.unblocked', changed);
      const rows = changed.map(({ after }) => after);
      return { scopes: rows.map(({ scope }) => scope), result: rows };
    });
  }

  /** How many there were. @throws NotFoundError when one does not exist */
  async delete(ids: readonly string[] | null | undefined, actor: Actor): Promise<number> {
    const wanted = namedIn(ids);
    return this.changes.write(async (manager) => {
      for (const id of wanted) await this.customers.one(id, manager);
      const removed = await this.customers.remove(manager, wanted);
      const entries = removed.map(({ row }) => ({
        ...entryOf('customer.deleted', row.user_id),
        before: row,
        after: null,
      }));
      await this.audit.record(manager, actor, ...entries);
      return { scopes: removed.map(({ scope }) => scope), result: removed.length };
    });
  }

  private async note(
    manager: EntityManager,
    actor: Actor,
    action: string,
    changed: readonly Changed<Customer>[],
  ): Promise<void> {
    const entries = changed.map(({ before, after }) => ({
      ...entryOf(action, after.row.user_id),
      before: before?.row ?? null,
      after: after.row,
    }));
    await this.audit.record(manager, actor, ...entries);
  }
}

const entryOf = (action: string, entityId: string) => ({ action, entity: 'customer', entityId });

function namedIn(ids: readonly string[] | null | undefined): string[] {
  const wanted = [...new Set(ids ?? [])];
  if (wanted.length > 0 && wanted.every((id) => id !== '')) return wanted;
  throw new BadRequestError('Name the customers in `user_ids`.', 'user_ids');
}
