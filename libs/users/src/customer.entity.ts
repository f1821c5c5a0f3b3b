import { Column, Entity, PrimaryColumn } from 'typeorm';
import { StampedEntity } from '@app/database';

/** An end user: whom a call is made for. Most have no row; one that has is blocked, named or has a budget. */
@Entity('customers')
export class CustomerEntity extends StampedEntity {
  @PrimaryColumn({ name: 'user_id', type: 'text' })
  userId!: string;

  @Column({ type: 'text', nullable: true })
  alias: string | null = null;

  @Column({ type: 'boolean' })
  blocked = false;

  @Column({ name: 'budget_id', type: 'text', nullable: true })
  budgetId: string | null = null;
}
