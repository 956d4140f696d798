-- Two roles for a warehouse in Postgres, each with the least it needs:
--   cal_loader   owns the warehouse: syncs and builds the models ('cal-warehouse run')
--   cal_reader   reads raw, staging and marts, for BI tools and people; nothing else
-- Run this in the warehouse's database as its owner with CREATEROLE, or as a superuser, before or
-- after the first sync; running it again changes nothing:
--   cal-warehouse roles | psql postgresql://admin@host/warehouse
-- Then give both a password (in psql: \password cal_loader) and sync as cal_loader.
do $$
declare
    name text;
    relation regclass;
begin
    foreach name in array array['cal_loader', 'cal_reader'] loop
        if not exists (select from pg_roles where rolname = name) then
            execute format('create role %I login', name);
        end if;
        execute format('grant connect on database %I to %I', current_database(), name);
    end loop;

    -- Every run makes the schema 'landing' and drops it again, and works with temporary tables.
    execute format('grant create, temporary on database %I to cal_loader', current_database());
    execute format('grant cal_loader to %I', current_user);

    foreach name in array array['raw', 'staging', 'intermediate', 'marts', 'ops'] loop
        execute format('create schema if not exists %I', name);
        execute format('alter schema %I owner to cal_loader', name);
        for relation in
            select c.oid::regclass from pg_class as c
            join pg_namespace as n on c.relnamespace = n.oid
            where n.nspname = name and c.relkind in ('r', 'v', 'm', 'p')
        loop
            execute format('alter table %s owner to cal_loader', relation);
        end loop;
    end loop;

    foreach name in array array['raw', 'staging', 'marts'] loop
        execute format('grant usage on schema %I to cal_reader', name);
        execute format('grant select on all tables in schema %I to cal_reader', name);
        execute format(
            'alter default privileges for role cal_loader in schema %I '
            'grant select on tables to cal_reader', name
        );
    end loop;
end
$$;
