-- How many events of each kind there were in each hour, so that nobody counts the log to look at a day.
create table auth.event_hours (
  hour timestamptz primary key,
  counts jsonb not null
);
comment on table auth.event_hours is 'hours that are over; one that is missing is counted from the log';
comment on column auth.event_hours.counts is 'by type and result, such as {"sign_in success": 12}';
