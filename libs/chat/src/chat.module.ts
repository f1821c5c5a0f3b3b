import { Module } from '@nestjs/common';
import { SearchModule } from '@app/search';
import { ChatController } from './chat.controller.js';

@Module({ imports: [SearchModule], controllers: [ChatController] })
export class ChatModule {}
