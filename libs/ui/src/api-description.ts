import { type JsonObject } from '@app/call';

/** Who knows the routes describes them: the app provides it, since it alone sees them all. */
export const API_DESCRIPTION = Symbol('api description');

/** The OpenAPI document. */
export type ApiDescription = () => JsonObject;
