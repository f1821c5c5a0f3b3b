import { Controller, Get, Query } from '@nestjs/common';
import { Access, BadRequestError, type Caller, CurrentCaller, type JsonObject } from '@app/call';
import { ModelInfos } from './model-infos.js';
import { type ModelInfoView } from './model-info.view.js';

const LARGEST_PAGE = 500;
const DEFAULT_PAGE = 50;

interface Page<T> {
  readonly data: readonly T[];
  readonly total_count: number;
  readonly current_page: number;
  readonly total_pages: number;
  readonly size: number;
}

/** What the models are and how they do. A key sees those that it may use. */
@Controller()
export class ModelInfoController {
  constructor(private readonly infos: ModelInfos) {}

  @Get(['model/info', 'v1/model/info'])
  @Access('self')
  info(
    @CurrentCaller() caller: Caller,
    @Query('litellm_model_id') id?: unknown,
  ): { data: readonly ModelInfoView[] } {
    const data = this.infos.of(caller);
    if (id === undefined || id === '') return { data };
    const found = data.filter(({ model_info }) => model_info['id'] === id);
    if (found.length === 0) throw new BadRequestError('There is no model with this id.', 'litellm_model_id');
    return { data: found };
  }

  @Get('v2/model/info')
  @Access('self')
  page(
    @CurrentCaller() caller: Caller,
    @Query() query: Readonly<Record<string, unknown>>,
  ): Page<ModelInfoView> {
    const matches = this.infos
      .of(caller)
      .filter(({ model_name }) => !text(query['model']) || model_name === query['model'])
      .filter(({ model_info }) => !text(query['modelId']) || model_info['id'] === query['modelId'])
      .filter(({ model_name }) => model_name.toLowerCase().includes(text(query['search']).toLowerCase()));
    const size = Math.min(count(query['size'], 'size') ?? DEFAULT_PAGE, LARGEST_PAGE);
    const page = count(query['page'], 'page') ?? 1;
    return {
      data: matches.slice((page - 1) * size, page * size),
      total_count: matches.length,
      current_page: page,
      total_pages: Math.ceil(matches.length / size),
      size,
    };
  }

  @Get('model_group/info')
  @Access('self')
  groups(
    @CurrentCaller() caller: Caller,
    @Query('model_group') name?: unknown,
  ): { data: readonly JsonObject[] } {
    return { data: this.infos.groupsOf(caller, text(name) || null) };
  }
}

const text = (value: unknown): string => (typeof value === 'string' ? value : '');

/** A whole number from 1. */
function count(value: unknown, field: string): number | null {
  if (value === undefined || value === '') return null;
  const number = Number(value);
  if (Number.isInteger(number) && number >= 1 && number <= 1_000_000) return number;
  throw new BadRequestError(`\`${field}\` must be a whole number from 1.`, field);
}
