-- Roles and database of jobscope. psql runs it once, as superuser: in compose.yaml through init.sh, else
-- from `jobscope stack up`. Passwords come in the environment: the command line is there for all to see.
\set ON_ERROR_STOP on
\getenv app_password APP_PASSWORD
\getenv reader_password READER_PASSWORD

-- The app owns its database and is nothing beyond it.
CREATE ROLE jobscope LOGIN PASSWORD :'app_password';
-- Grafana reads, also when someone types SQL into a panel.
CREATE ROLE jobscope_reader LOGIN PASSWORD :'reader_password';
ALTER ROLE jobscope_reader SET default_transaction_read_only = on;
ALTER ROLE jobscope_reader SET statement_timeout = '30s';

CREATE DATABASE jobscope OWNER jobscope;
REVOKE ALL ON DATABASE jobscope FROM PUBLIC;
GRANT CONNECT ON DATABASE jobscope TO jobscope_reader;

\connect jobscope
ALTER SCHEMA public OWNER TO jobscope;

-- The app makes its tables at its first start, after this has run. The reader may see those named here when
-- they come, and no other: not api_keys, not the queue engine's.
CREATE FUNCTION grant_to_reader() RETURNS event_trigger LANGUAGE plpgsql AS $$
DECLARE
  made record;
BEGIN
  FOR made IN
    SELECT object_identity FROM pg_event_trigger_ddl_commands()
    WHERE command_tag = 'CREATE TABLE'
      AND object_identity IN ('public.optimizations', 'public.attempts', 'public.trials', 'public.workers')
  LOOP
    EXECUTE format('GRANT SELECT ON %s TO jobscope_reader', made.object_identity);
  END LOOP;
END
$$;
CREATE EVENT TRIGGER grant_to_reader ON ddl_command_end WHEN TAG IN ('CREATE TABLE') EXECUTE FUNCTION grant_to_reader();
