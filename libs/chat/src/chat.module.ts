import { Module } from '@nestjs/common';
import { RoutingModule } from '@app/routing';
import { SearchModule } from '@app/search';
import { ChatController } from './chat.controller.js';
import { ImagesController } from './images.controller.js';
import { MessagesController } from './messages.controller.js';
import { ResponsesController } from './responses.controller.js';
import { TasksController } from './tasks.controller.js';
import { TextRequests } from './text-requests.js';
import { UtilitiesController } from './utilities.controller.js';

@Module({
  imports: [RoutingModule, SearchModule],
  controllers: [
    ChatController,
    ImagesController,
    MessagesController,
    ResponsesController,
    TasksController,
    UtilitiesController,
  ],
  providers: [TextRequests],
})
export class ChatModule {}
