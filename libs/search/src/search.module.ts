import { Module } from '@nestjs/common';
import { RoutingModule } from '@app/routing';
import { SearchLoop } from './search-loop.service.js';
import { SearchRecorder } from './search-recorder.js';
import { SearchController } from './search.controller.js';
import { SearchService } from './search.service.js';

/** `/v1/search`, and the searches that a model asks for. */
@Module({
  imports: [RoutingModule],
  controllers: [SearchController],
  providers: [SearchService, SearchRecorder, SearchLoop],
  exports: [SearchLoop],
})
export class SearchModule {}
