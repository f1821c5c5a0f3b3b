import { Column, Entity, PrimaryColumn } from 'typeorm';

/** An end user: whom a call is made for. Most have no row; one that has is blocked, named or has a budget. */
@Entity('customers')
export class CustomerEntity {
  @PrimaryColumn({ name: 'user_id', type: 'text' })
  userId!: string;

  @Column({ type: 'text', nullable: true })
  alias: string | null = null;

  @Column({ type: 'boolean' })
  blocked = false;

  @Column({ name: 'budget_id', type: 'text', nullable: true })
  budgetId: string | null = null;

  @Column({ name: 'created_at', type: 'timestamptz' })
  createdAt!: Date;

  @Column({ name: 'created_by', type: 'text' })
  createdBy!: string;

  @Column({ name: 'updated_at', type: 'timestamptz' })
  updatedAt!: Date;

  @Column({ name: 'updated_by', type: 'text' })
  updatedBy!: string;
}
