import { Column, Entity, PrimaryColumn } from 'typeorm';
import { StampedEntity } from '@app/database';
import { LimitColumns } from './limit-columns.js';

/** Limits with a name of their own, for customers, organizations, members and keys to share. */
@Entity('budgets')
export class BudgetEntity extends StampedEntity {
  @PrimaryColumn({ name: 'budget_id', type: 'text' })
  budgetId!: string;

  /** The scope of the one thing that it was made for and with which it goes. */
  @Column({ name: 'made_for', type: 'text', nullable: true })
  madeFor: string | null = null;

  @Column(() => LimitColumns, { prefix: false })
  limits: LimitColumns = new LimitColumns();
}
