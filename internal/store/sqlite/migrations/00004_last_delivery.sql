-- The delivery that the next evaluation answers, for logs and traces.

-- +goose Up
alter table pulls add column last_delivery text not null default '';

-- +goose Down
alter table pulls drop column last_delivery;
