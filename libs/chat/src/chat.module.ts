import { Module } from '@nestjs/common';
import { RoutingModule } from '@app/routing';
import { SearchModule } from '@app/search';
import { SpendModule } from '@app/spend';
import { ChatController } from './chat.controller.js';
import { ImagesController } from './images.controller.js';
import { KeptResponses } from './kept-responses.js';
import { MessagesController } from './messages.controller.js';
import { ModerationDefault } from './moderation-default.js';
import { ResponsesController } from './responses.controller.js';
import { TasksController } from './tasks.controller.js';
import { TextRequests } from './text-requests.js';
import { UtilitiesController } from './utilities.controller.js';

/** The doors of text: chat, messages, responses, embeddings, images, and what is asked about models. */
@Module({
  imports: [RoutingModule, SearchModule, SpendModule],
  controllers: [
    ChatController,
    ImagesController,
    MessagesController,
    ResponsesController,
    TasksController,
    UtilitiesController,
  ],
  providers: [KeptResponses, ModerationDefault, TextRequests],
})
export class ChatModule {}
