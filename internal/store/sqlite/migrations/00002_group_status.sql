-- What was last posted on a merge group's head.

-- +goose Up
alter table merge_groups add column state text not null default '';
alter table merge_groups add column description text not null default '';

-- +goose Down
alter table merge_groups drop column description;
alter table merge_groups drop column state;
