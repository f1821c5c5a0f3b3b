import { Controller, Get } from '@nestjs/common';
import { Access } from '@app/call';
import { type ReconcileReport, SpendBooks } from '@app/spend';

/** Whether all books agree. */
@Controller('spend/reconcile')
export class SpendReconcileController {
  constructor(private readonly books: SpendBooks) {}

  /** Reads every row: some seconds for each million. */
  @Get()
  @Access('admin')
  compare(): Promise<ReconcileReport> {
    return this.books.reconcile();
  }
}
