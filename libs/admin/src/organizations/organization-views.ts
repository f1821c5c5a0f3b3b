import { Injectable } from '@nestjs/common';
import { type Caller, PermissionError } from '@app/call';
import {
  isPlain,
  type OrganizationRow,
  OrganizationsService,
  seesEverything,
  type Shown,
  TeamsService,
} from '@app/users';
import { SpentAmounts } from '../users/spent-amounts.js';

/** What routes answer that show organizations, with their teams. */
@Injectable()
export class OrganizationViews {
  constructor(
    private readonly organizations: OrganizationsService,
    private readonly teams: TeamsService,
    private readonly spent: SpentAmounts,
  ) {}

  /** All; for others those that they are a member of. @throws PermissionError for a key that stands for nobody */
  async list(caller: Caller) {
    if (isPlain(caller)) throw new PermissionError('You may only list your own organizations.');
    return this.of(await this.organizations.list(seesEverything(caller) ? null : caller.userId), caller);
  }

  async one(id: string, caller: Caller) {
    const [view] = await this.of([await this.organizations.one(id)], caller);
    return view;
  }

  private async of(shown: readonly Shown<OrganizationRow>[], caller: Caller) {
    const rows = await this.spent.add(shown);
    const teams = await this.teams.ofOrganizations(rows.map(({ organization_id }) => organization_id));
    const everything = seesEverything(caller);
    return rows.map((row) => {
      const own = row.members.find(({ user_id }) => user_id === caller.userId);
      const seesAll = everything || own?.user_role === 'org_admin';
      const members = seesAll ? row.members : row.members.filter((member) => member === own);
      const of = seesAll ? (teams.get(row.organization_id) ?? []) : [];
      return { ...row, members, teams: of, users: members.map(({ user_id }) => ({ user_id })) };
    });
  }
}
