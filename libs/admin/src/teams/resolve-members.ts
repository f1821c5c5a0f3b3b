import { Injectable } from '@nestjs/common';
import { type EntityManager } from 'typeorm';
import { type NewMember, UsersService } from '@app/users';
import { type NamedMember } from '../users/read-members.js';

/** From the names of members to users; who is unknown becomes a user. */
@Injectable()
export class ResolveMembers {
  constructor(private readonly users: UsersService) {}

  /** Each user once; `created` are the ids of users who did not exist. */
  async in(
    manager: EntityManager,
    named: readonly NamedMember[],
    by: string,
  ): Promise<{ members: NewMember[]; created: string[] }> {
    const members = new Map<string, NewMember>();
    const created: string[] = [];
    for (const { userId, email, role } of named) {
      const known = userId ?? (email === null ? null : await this.users.idOfEmail(email, manager));
      const [user] = known === null ? [] : await this.users.find([known], manager);
      const id = user?.row.user_id ?? (await this.create(manager, known, email, by));
      if (!user) created.push(id);
      if (!members.has(id)) members.set(id, { userId: id, role: role === 'admin' ? 'admin' : 'user' });
    }
    return { members: [...members.values()], created };
  }

  private async create(
    manager: EntityManager,
    id: string | null,
    email: string | null,
    by: string,
  ): Promise<string> {
    const { row } = await this.users.insert(manager, id, email === null ? {} : { user_email: email }, by);
    return row.user_id;
  }
}
