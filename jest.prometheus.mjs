// What the sources import from `@willsoto/nestjs-prometheus`, for Jest alone: the package is CommonJS and requires
// `@nestjs/common`, which Jest refuses in the middle of an import. Here that import is over first.
import '@nestjs/common';

const library = await import('./node_modules/@willsoto/nestjs-prometheus/dist/index.js');

export const { makeCounterProvider, PrometheusController, PrometheusModule } = library;
