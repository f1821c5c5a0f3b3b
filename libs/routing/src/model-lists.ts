import { Injectable } from '@nestjs/common';
import { type Caller, RecentMap } from '@app/call';
import { listsOf } from './allowed-models.js';
import { type ModelTable } from './model-table.js';
import { RoutingService } from './routing.service.js';
import { modelsSeenBy } from './visible-models.js';

/** The same for every model, as clients know it. */
const CREATED = 1_677_610_602;
const LIST_OWNER = 'openai';
const REMEMBERED = 64;

interface WrittenList {
  readonly models: ReadonlyMap<string, string>;
  readonly json: Buffer;
}

/** The lists of models as callers see them, written once for each list of allowed models. */
@Injectable()
export class ModelLists {
  #table: ModelTable | null = null;
  #written = new RecentMap<WrittenList>(REMEMBERED);

  constructor(private readonly routing: RoutingService) {}

  /** `{"data":[…],"object":"list"}` */
  listFor(caller: Caller): Buffer {
    return this.#listFor(caller).json;
  }

  /** One model of the caller's list; null where it is not on it. */
  modelFor(caller: Caller, id: string): Buffer | null {
    const provider = this.#listFor(caller).models.get(id);
    return provider === undefined ? null : Buffer.from(JSON.stringify(modelObject(id, provider)));
  }

  #listFor(caller: Caller): WrittenList {
    const { table } = this.routing;
    if (table !== this.#table) {
      this.#table = table;
      this.#written = new RecentMap(REMEMBERED);
    }
    const key = JSON.stringify(listsOf(caller));
    let list = this.#written.get(key);
    if (!list) this.#written.set(key, (list = write(modelsSeenBy(table, this.routing.rulesFor(caller)))));
    return list;
  }
}

function write(models: ReadonlyMap<string, string>): WrittenList {
  const data = [...models.keys()].map((id) => modelObject(id, LIST_OWNER));
  return { models, json: Buffer.from(JSON.stringify({ data, object: 'list' })) };
}

const modelObject = (id: string, owner: string): object => ({
  id,
  object: 'model',
  created: CREATED,
  owned_by: owner,
});
