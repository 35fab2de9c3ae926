-- The roles and the database of Waypost, as the superuser of a new PostgreSQL makes them: run by psql for the demo and
-- the tests, and by the postgres image of docker-compose.yml. May be run again.

\set ON_ERROR_STOP on
\getenv owner_password WAYPOST_OWNER_PASSWORD
\getenv server_password WAYPOST_SERVER_PASSWORD

select format('create role %I', wanted)
from unnest(array['waypost_owner', 'waypost_server', 'waypost_auth', 'waypost_backup']) as wanted
where not exists (select from pg_roles where rolname = wanted)
\gexec

-- owns the database and its tables; only migrations connect as it
alter role waypost_owner login nosuperuser nocreatedb nocreaterole nobypassrls password :'owner_password';
-- the API and the worker: owns nothing and is always bound by row-level security
alter role waypost_server login nosuperuser nocreatedb nocreaterole nobypassrls password :'server_password';
-- owns the few SECURITY DEFINER functions that read before a tenant is known
alter role waypost_auth nologin nosuperuser nocreatedb nocreaterole bypassrls;
-- for pg_dump, which row-level security would otherwise leave without rows
alter role waypost_backup nologin nosuperuser nocreatedb nocreaterole bypassrls;
grant pg_read_all_data to waypost_backup;

-- a migration may hand a function over to waypost_auth, yet the owner reads nothing by its power
grant waypost_auth to waypost_owner with inherit false, set true;

-- a drop that was cut short leaves a database that nobody can use
select 'drop database waypost' from pg_database where datname = 'waypost' and datconnlimit = -2
\gexec
select 'create database waypost owner waypost_owner'
where not exists (select from pg_database where datname = 'waypost')
\gexec
alter database waypost owner to waypost_owner;
revoke all on database waypost from public;
grant connect on database waypost to waypost_server, waypost_backup;

\connect waypost
create extension if not exists btree_gist;
create extension if not exists citext;
create extension if not exists pg_trgm;
create extension if not exists unaccent;
