import { Injectable } from '@nestjs/common';
import { type Caller } from '@app/call';
import { allowsModel } from './allowed-models.js';
import { type ModelTable } from './compile-models.js';
import { ModelDiscovery } from './model-discovery.js';
import { RoutingService } from './routing.service.js';

/** The same for every model, as clients of this wire contract know it. */
const CREATED = 1_677_610_602;
const OWNED_BY = 'openai';

/** The names that a caller may use, as `GET /v1/models` shows them. Worked out again only when something changed. */
@Injectable()
export class ModelList {
  #table: ModelTable | null = null;
  #version = -1;
  #names: readonly string[] = [];
  #bodies = new WeakMap<readonly string[], Buffer>();

  constructor(
    private readonly routing: RoutingService,
    private readonly discovery: ModelDiscovery,
  ) {}

  /** The whole answer, ready to be sent. */
  bodyFor({ models }: Caller): Buffer {
    this.#refresh();
    let body = this.#bodies.get(models);
    if (!body) {
      const data = this.#names.filter((name) => allowsModel(models, name)).map(modelView);
      body = Buffer.from(JSON.stringify({ object: 'list', data }));
      this.#bodies.set(models, body);
    }
    return body;
  }

  /** One model, or null where there is none of this name for this caller. */
  find({ models }: Caller, name: string): object | null {
    this.#refresh();
    return this.#names.includes(name) && allowsModel(models, name) ? modelView(name) : null;
  }

  #refresh(): void {
    const { table } = this.routing;
    if (this.#table === table && this.#version === this.discovery.version) return;
    this.#table = table;
    this.#version = this.discovery.version;
    this.#bodies = new WeakMap();
    this.#names = this.#namesOf(table);
  }

  /** Configured names, aliases that are not hidden, then what wildcards open; a pattern itself is no model. */
  #namesOf(table: ModelTable): readonly string[] {
    const names = new Set(table.groups.keys());
    for (const [alias, { hidden }] of table.aliases) if (!hidden) names.add(alias);
    for (const { pattern, deployments } of table.wildcards) {
      const [prefix = ''] = pattern.pattern.split('*');
      for (const deployment of deployments) {
        for (const { id } of this.discovery.modelsAt(deployment)) {
          if (pattern.captures(id) !== null) names.add(id);
          else if (pattern.captures(prefix + id) !== null) names.add(prefix + id);
        }
      }
    }
    return [...names];
  }
}

const modelView = (id: string): object => ({ id, object: 'model', created: CREATED, owned_by: OWNED_BY });
