-- Turns, debts, what lists showed; redeliveries that were asked for; marks.

-- +goose Up
alter table pulls add column turn integer not null default 0;
alter table pulls add column debt integer not null default 0;
alter table pulls add column shown text not null default '';
alter table pulls add column settled text not null default '';
alter table pulls add column settled_until integer not null default 0;
create index pulls_debt on pulls (repo_id) where debt = 1;
create index pulls_waiting_repo on pulls (repo_id) where waiting_since > 0;

create table redeliveries (
  guid  text    not null primary key,
  asked integer not null
) strict;
create index redeliveries_asked on redeliveries (asked);

create table marks (
  name text    not null primary key,
  at   integer not null
) strict;

-- +goose Down
drop table marks;
drop table redeliveries;
drop index pulls_waiting_repo;
drop index pulls_debt;
alter table pulls drop column settled_until;
alter table pulls drop column settled;
alter table pulls drop column shown;
alter table pulls drop column debt;
alter table pulls drop column turn;
