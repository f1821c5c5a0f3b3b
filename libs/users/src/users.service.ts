import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager, type SelectQueryBuilder } from 'typeorm';
import { BadRequestError, GatewayError } from '@app/call';
import { containing } from '@app/database';
import { applyLimits } from './apply-limits.js';
import { isDuplicate } from './database-refusals.js';
import { type UserFieldsDto } from './dto/user.dto.js';
import { type Changed, type Page, reading, type Shown } from './shown.js';
import { TeamMemberEntity } from './team-member.entity.js';
import { UserEntity } from './user.entity.js';
import { showUser, type UserRow } from './user-row.js';

const SORTABLE = new Map([
  ['user_id', 'userId'],
  ['user_email', 'userEmail'],
  ['user_alias', 'userAlias'],
  ['user_role', 'userRole'],
  ['created_at', 'createdAt'],
]);

export interface UserQuery {
  readonly role: string | null;
  readonly userIds: readonly string[] | null;
  readonly ssoUserIds: readonly string[] | null;
  /** A part of the address, whatever its case. */
  readonly emailPart: string | null;
  readonly teamId: string | null;
  readonly sortBy: string | null;
  readonly descending: boolean;
  readonly page: number;
  readonly pageSize: number;
}

/** The rows of users. What is written belongs into a transaction of {@link PrincipalChanges}. */
@Injectable()
export class UsersService {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  /** Those that exist, in the order of `ids`. */
  async find(
    ids: readonly string[],
    manager: EntityManager = this.dataSource.manager,
  ): Promise<Shown<UserRow>[]> {
    const users = await reading(entitiesOf(manager, ids));
    const shown = await shownOf(manager, users);
    const byId = new Map(shown.map((one) => [one.row.user_id, one]));
    return ids.map((id) => byId.get(id)).filter((one) => one !== undefined);
  }

  /** Of the first `limit` users, in order. */
  async ids(limit: number): Promise<string[]> {
    const found = await reading(
      this.dataSource.manager
        .createQueryBuilder(UserEntity, 'one')
        .select('one.userId', 'id')
        .orderBy('one.userId')
        .limit(limit)
        .getRawMany<{ id: string }>(),
    );
    return found.map(({ id }) => id);
  }

  /** Whatever the case of its letters; null where nobody has it. */
  async idOfEmail(email: string, manager: EntityManager = this.dataSource.manager): Promise<string | null> {
    const user = await reading(
      manager
        .createQueryBuilder(UserEntity, 'one')
        .where('lower(one.userEmail) = lower(:email)', { email })
        .getOne(),
    );
    return user?.userId ?? null;
  }

  /** @param userId null: one is chosen. @throws GatewayError 409 for an id or an e-mail address that is taken */
  async insert(
    manager: EntityManager,
    userId: string | null,
    fields: UserFieldsDto,
    by: string,
  ): Promise<Shown<UserRow>> {
    const user = newUser(userId ?? randomUUID(), by);
    applyFields(user, fields, new Date());
    if (fields.user_email && (await this.idOfEmail(fields.user_email, manager)) !== null) throw taken(user);
    try {
      await manager.insert<object>(UserEntity, user);
    } catch (error) {
      throw isDuplicate(error) ? taken(user, error) : error;
    }
    return showUser(user, [], Date.now());
  }

  /** Changes those fields that are present; makes a user that does not exist. */
  async update(
    manager: EntityManager,
    userId: string,
    fields: UserFieldsDto,
    by: string,
  ): Promise<Changed<Shown<UserRow>>> {
    const user = await manager.findOneBy(UserEntity, { userId });
    if (!user) return { before: null, after: await this.insert(manager, userId, fields, by) };
    const [teams] = await teamsOf(manager, [userId]).then((all) => [all.get(userId) ?? []]);
    const before = showUser(user, teams ?? [], Date.now());
    applyFields(user, fields, new Date());
    user.updatedBy = by;
    try {
      await manager.save(user);
    } catch (error) {
      throw isDuplicate(error) ? taken(user, error) : error;
    }
    return { before, after: showUser(user, teams ?? [], Date.now()) };
  }

  /** Removes users with their memberships. Returns what they were. */
  async remove(manager: EntityManager, ids: readonly string[]): Promise<Shown<UserRow>[]> {
    const rows = await this.find([...new Set(ids)], manager);
    if (rows.length > 0)
      await manager.delete(
        UserEntity,
        rows.map(({ row }) => row.user_id),
      );
    return rows;
  }

  /** @throws BadRequestError for a column that cannot be sorted by */
  async page(query: UserQuery): Promise<Page<Shown<UserRow>>> {
    const { manager } = this.dataSource;
    const [users, total] = await reading(
      query.emailPart === null ? pageQuery(manager, query).getManyAndCount() : searched(manager, query),
    );
    return { rows: await shownOf(manager, users), total };
  }
}

/** Counted and read in one look through the table, which no index shortens. */
async function searched(manager: EntityManager, query: UserQuery): Promise<[UserEntity[], number]> {
  const page = pageQuery(manager, query);
  const found = await page
    .clone()
    .select('one.userId', 'id')
    .addSelect('(count(*) OVER ())::int', 'total')
    .getRawMany<{ id: string; total: number }>();
  const [first] = found;
  if (!first) return [[], query.page === 1 ? 0 : await page.getCount()];
  const byId = new Map(
    (
      await entitiesOf(
        manager,
        found.map(({ id }) => id),
      )
    ).map((user) => [user.userId, user]),
  );
  return [found.flatMap(({ id }) => byId.get(id) ?? []), first.total];
}

function pageQuery(manager: EntityManager, query: UserQuery): SelectQueryBuilder<UserEntity> {
  const column = query.sortBy === null ? 'createdAt' : SORTABLE.get(query.sortBy);
  if (column === undefined) {
    throw new BadRequestError(`sort_by must be one of ${[...SORTABLE.keys()].join(', ')}.`, 'sort_by');
  }
  const direction = query.descending ? 'DESC' : 'ASC';
  const builder = manager
    .createQueryBuilder(UserEntity, 'one')
    .orderBy(`one.${column}`, direction)
    .addOrderBy('one.userId', direction)
    .offset((query.page - 1) * query.pageSize)
    .limit(query.pageSize);
  const { role, userIds, ssoUserIds, emailPart, teamId } = query;
  if (role !== null) builder.andWhere('one.userRole = :role', { role });
  if (userIds) builder.andWhere('one.userId = ANY(:userIds)', { userIds });
  if (ssoUserIds) builder.andWhere('one.ssoUserId = ANY(:ssoUserIds)', { ssoUserIds });
  if (emailPart !== null) {
    // First by bytes, in what is kept in lower case: it leaves few addresses to fold.
    builder.andWhere('one.search_text LIKE lower(:pattern)', { pattern: containing(emailPart) });
    builder.andWhere('strpos(lower(one.userEmail), lower(:emailPart)) > 0', { emailPart });
  }
  if (teamId !== null) {
    builder.andWhere('one.userId IN (SELECT user_id FROM team_members WHERE team_id = :teamId)', { teamId });
  }
  return builder;
}

function entitiesOf(manager: EntityManager, ids: readonly string[]): Promise<UserEntity[]> {
  return manager
    .createQueryBuilder(UserEntity, 'one')
    .where('one.userId IN (SELECT unnest(:ids::text[]))', { ids })
    .getMany();
}

async function shownOf(manager: EntityManager, users: readonly UserEntity[]): Promise<Shown<UserRow>[]> {
  if (users.length === 0) return [];
  const teams = await reading(
    teamsOf(
      manager,
      users.map(({ userId }) => userId),
    ),
  );
  const nowMs = Date.now();
  return users.map((user) => showUser(user, teams.get(user.userId) ?? [], nowMs));
}

async function teamsOf(manager: EntityManager, userIds: readonly string[]): Promise<Map<string, string[]>> {
  const members = await manager
    .createQueryBuilder(TeamMemberEntity, 'one')
    .where('one.userId IN (SELECT unnest(:userIds::text[]))', { userIds })
    .orderBy('one.addedAt')
    .getMany();
  const teams = new Map<string, string[]>();
  for (const { userId, teamId } of members) {
    const known = teams.get(userId);
    if (known) known.push(teamId);
    else teams.set(userId, [teamId]);
  }
  return teams;
}

function newUser(userId: string, by: string): UserEntity {
  const user = new UserEntity();
  user.userId = userId;
  user.createdAt = user.updatedAt = new Date();
  user.createdBy = user.updatedBy = by;
  return user;
}

function applyFields(user: UserEntity, fields: UserFieldsDto, now: Date): void {
  const { user_email, user_alias, sso_user_id, user_role, models, metadata, tags, blocked } = fields;
  if (user_email !== undefined) user.userEmail = user_email || null;
  if (user_alias !== undefined) user.userAlias = user_alias || null;
  if (sso_user_id !== undefined) user.ssoUserId = sso_user_id || null;
  if (user_role !== undefined) user.userRole = user_role;
  if (models !== undefined) user.models = models ?? [];
  if (metadata !== undefined) user.metadata = metadata ?? {};
  if (tags) user.metadata = { ...user.metadata, tags };
  if (blocked !== undefined) user.blocked = blocked ?? false;
  applyLimits(user.limits, fields, now);
  user.updatedAt = now;
}

function taken({ userId, userEmail }: UserEntity, cause?: unknown): GatewayError {
  const email = userEmail === null ? '' : ` or e-mail address '${userEmail}'`;
  const message = `User with the id '${userId}'${email} already exists.`;
  return new GatewayError(409, 'internal_server_error', message, { param: 'user_id', cause });
}
