-- How many events of each kind there were in every five minutes, so that nobody counts the log to look at a day.
create table auth.event_sums (
  slot timestamptz primary key,
  counts jsonb not null
);
comment on table auth.event_sums is 'five minutes each that are over; those that are missing are counted from the log';
comment on column auth.event_sums.slot is 'when they began';
comment on column auth.event_sums.counts is 'by type and result, such as {"sign_in success": 12}';
