-- Times are integer microseconds since 1970 in UTC, 0 for "none"; flags are 0 or 1:
-- the statements are those that SQLite understands as well.
--
-- Replicas of two versions run side by side during an upgrade. So a migration only
-- adds what the version before it can live with; what is not needed any more goes one version later.

-- +goose Up
create table deliveries (
  guid         text   not null primary key,
  event        text   not null,
  action       text   not null,
  body_hash    text   not null,
  installation bigint not null,
  received     bigint not null
);
create index deliveries_body on deliveries (body_hash);
create index deliveries_received on deliveries (received);

create table repos (
  repo_id      bigint not null primary key,
  installation bigint not null,
  owner_id     bigint not null,
  owner        text   not null,
  name         text   not null,
  gone         bigint not null default 0,
  memory       text   not null default '{}'
);
create index repos_owner on repos (owner_id);
create index repos_installation on repos (installation);

create table owners (
  owner_id bigint not null primary key,
  memory   text   not null default '{}'
);

-- gen counts arrivals, done is the gen that the last saved evaluation began with.
-- takes_gen and first_gen are the gen of the last arrival that could only take
-- something away, and of the last opened, reopened or synchronize. turn counts the
-- evaluations that were begun. Room is left in each page, for the rows change all the time.
create table pulls (
  repo_id       bigint not null references repos (repo_id),
  number        bigint not null,
  head          text   not null default '',
  base_branch   text   not null default '',
  open          bigint not null default 1,
  updated_at    bigint not null default 0,
  gen           bigint not null default 0,
  done          bigint not null default 0,
  takes_gen     bigint not null default 0,
  first_gen     bigint not null default 0,
  waiting_since bigint not null default 0,
  arrived_at    bigint not null default 0,
  failing_since bigint not null default 0,
  outcome       text   not null default '{}',
  memory        text   not null default '{}',
  turn          bigint not null default 0,
  debt          bigint not null default 0,
  shown         text   not null default '',
  settled       text   not null default '',
  settled_until bigint not null default 0,
  primary key (repo_id, number)
) with (fillfactor = 70);
create index pulls_head on pulls (repo_id, head) where open = 1;
create index pulls_open on pulls (repo_id) where open = 1;
create index pulls_waiting on pulls (waiting_since) where waiting_since > 0;
create index pulls_waiting_repo on pulls (repo_id) where waiting_since > 0;
create index pulls_debt on pulls (repo_id) where debt = 1;

create table evidence (
  seq      bigint generated always as identity primary key,
  repo_id  bigint not null,
  number   bigint not null,
  received bigint not null,
  body     text   not null,
  foreign key (repo_id, number) references pulls (repo_id, number)
);
create index evidence_pull on evidence (repo_id, number, seq);

-- The last snapshot and the decision it led to, both gzip of JSON.
create table snapshots (
  repo_id  bigint not null,
  number   bigint not null,
  snapshot bytea  not null,
  decision bytea  not null,
  primary key (repo_id, number),
  foreign key (repo_id, number) references pulls (repo_id, number)
);
alter table snapshots alter column snapshot set storage external; -- compressed already
alter table snapshots alter column decision set storage external;

create table merge_groups (
  repo_id     bigint not null references repos (repo_id),
  head        text   not null,
  base        text   not null,
  head_ref    text   not null,
  base_ref    text   not null,
  pulls       text   not null default '[]',
  gone        bigint not null default 0,
  gen         bigint not null default 0,
  done        bigint not null default 0,
  seen        bigint not null,
  state       text   not null default '',
  description text   not null default '',
  primary key (repo_id, head)
);

create table redeliveries (
  guid  text   not null primary key,
  asked bigint not null
);
create index redeliveries_asked on redeliveries (asked);

create table marks (
  name text   not null primary key,
  at   bigint not null
);

-- One row that readiness checks write to.
create table pulse (
  id bigint not null primary key check (id = 1),
  at bigint not null
);

-- +goose Down
drop table pulse;
drop table marks;
drop table redeliveries;
drop table merge_groups;
drop table snapshots;
drop table evidence;
drop table pulls;
drop table owners;
drop table repos;
drop table deliveries;
