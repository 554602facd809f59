-- Times are integer microseconds since 1970 in UTC, 0 for "none".

-- +goose Up
create table deliveries (
  guid         text    not null primary key,
  event        text    not null,
  action       text    not null,
  body_hash    text    not null,
  installation integer not null,
  received     integer not null
) strict;
create index deliveries_body on deliveries (body_hash);
create index deliveries_received on deliveries (received);

create table repos (
  repo_id      integer not null primary key,
  installation integer not null,
  owner_id     integer not null,
  owner        text    not null,
  name         text    not null,
  gone         integer not null default 0,
  memory       text    not null default '{}'
) strict;
create index repos_owner on repos (owner_id);
create index repos_installation on repos (installation);

create table owners (
  owner_id integer not null primary key,
  memory   text    not null default '{}'
) strict;

-- gen counts arrivals, done is the gen that the last saved evaluation began with.
-- takes_gen and first_gen are the gen of the last arrival that could only take
-- something away, and of the last opened, reopened or synchronize.
create table pulls (
  repo_id       integer not null references repos (repo_id),
  number        integer not null,
  head          text    not null default '',
  base_branch   text    not null default '',
  open          integer not null default 1,
  updated_at    integer not null default 0,
  gen           integer not null default 0,
  done          integer not null default 0,
  takes_gen     integer not null default 0,
  first_gen     integer not null default 0,
  waiting_since integer not null default 0,
  arrived_at    integer not null default 0,
  failing_since integer not null default 0,
  outcome       text    not null default '{}',
  memory        text    not null default '{}',
  primary key (repo_id, number)
) strict;
create index pulls_head on pulls (repo_id, head) where open = 1;
create index pulls_open on pulls (repo_id) where open = 1;
create index pulls_waiting on pulls (waiting_since) where waiting_since > 0;

create table evidence (
  seq      integer not null primary key autoincrement,
  repo_id  integer not null,
  number   integer not null,
  received integer not null,
  body     text    not null,
  foreign key (repo_id, number) references pulls (repo_id, number)
) strict;
create index evidence_pull on evidence (repo_id, number, seq);

-- The last snapshot and the decision it led to, both gzip of JSON.
create table snapshots (
  repo_id  integer not null,
  number   integer not null,
  snapshot blob    not null,
  decision blob    not null,
  primary key (repo_id, number),
  foreign key (repo_id, number) references pulls (repo_id, number)
) strict;

create table merge_groups (
  repo_id  integer not null references repos (repo_id),
  head     text    not null,
  base     text    not null,
  head_ref text    not null,
  base_ref text    not null,
  pulls    text    not null default '[]',
  gone     integer not null default 0,
  gen      integer not null default 0,
  done     integer not null default 0,
  seen     integer not null,
  primary key (repo_id, head)
) strict;

-- One row that readiness checks write to.
create table pulse (
  id integer not null primary key check (id = 1),
  at integer not null
) strict;

-- +goose Down
drop table pulse;
drop table merge_groups;
drop table snapshots;
drop table evidence;
drop table pulls;
drop table owners;
drop table repos;
drop table deliveries;
