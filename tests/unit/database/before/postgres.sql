SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;
CREATE SCHEMA dbos;
CREATE FUNCTION dbos.enqueue_workflow(workflow_name text, queue_name text, positional_args json[] DEFAULT ARRAY[]::json[], named_args json DEFAULT '{}'::json, class_name text DEFAULT NULL::text, config_name text DEFAULT NULL::text, workflow_id text DEFAULT NULL::text, app_version text DEFAULT NULL::text, timeout_ms bigint DEFAULT NULL::bigint, deadline_epoch_ms bigint DEFAULT NULL::bigint, deduplication_id text DEFAULT NULL::text, priority integer DEFAULT NULL::integer, queue_partition_key text DEFAULT NULL::text, authenticated_user text DEFAULT NULL::text, authenticated_roles text DEFAULT NULL::text, delay_until_epoch_ms bigint DEFAULT NULL::bigint, application_name text DEFAULT NULL::text) RETURNS text
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
DECLARE
    v_workflow_id TEXT;
    v_serialized_inputs TEXT;
    v_owner_xid TEXT;
    v_now BIGINT;
    v_recovery_attempts INT4 := 0;
    v_priority INT4;
    v_status TEXT;
BEGIN
    -- Validate required parameters
    IF workflow_name IS NULL OR workflow_name = '' THEN
        RAISE EXCEPTION 'Workflow name cannot be null or empty';
    END IF;
    IF queue_name IS NULL OR queue_name = '' THEN
        RAISE EXCEPTION 'Queue name cannot be null or empty';
    END IF;
    IF named_args IS NOT NULL AND jsonb_typeof(named_args::jsonb) != 'object' THEN
        RAISE EXCEPTION 'Named args must be a JSON object';
    END IF;
    IF workflow_id IS NOT NULL AND workflow_id = '' THEN
        RAISE EXCEPTION 'Workflow ID cannot be an empty string if provided.';
    END IF;
    IF delay_until_epoch_ms IS NOT NULL AND delay_until_epoch_ms < 0 THEN
        RAISE EXCEPTION 'delay_until_epoch_ms must be >= 0';
    END IF;
    v_workflow_id := COALESCE(workflow_id, gen_random_uuid()::TEXT);
    v_owner_xid := gen_random_uuid()::TEXT;
    v_priority := COALESCE(priority, 0);
    v_serialized_inputs := json_build_object(
        'positionalArgs', positional_args,
        'namedArgs', named_args
    )::TEXT;
    v_now := EXTRACT(epoch FROM now()) * 1000;
    v_status := CASE WHEN delay_until_epoch_ms IS NULL THEN 'ENQUEUED' ELSE 'DELAYED' END;
    INSERT INTO "dbos".workflow_status (
        workflow_uuid, status,
        name, class_name, config_name,
        queue_name, deduplication_id, priority, queue_partition_key,
        application_version,
        created_at, updated_at, recovery_attempts,
        workflow_timeout_ms, workflow_deadline_epoch_ms,
        parent_workflow_id, owner_xid, serialization,
        authenticated_user, authenticated_roles,
        delay_until_epoch_ms, application_name
    ) VALUES (
        v_workflow_id, v_status,
        workflow_name, class_name, config_name,
        queue_name, deduplication_id, v_priority, queue_partition_key,
        app_version,
        v_now, v_now, v_recovery_attempts,
        timeout_ms, deadline_epoch_ms,
        NULL, v_owner_xid, 'portable_json',
        authenticated_user, authenticated_roles,
        delay_until_epoch_ms, application_name
    )
    ON CONFLICT (workflow_uuid)
    DO UPDATE SET
        updated_at = EXCLUDED.updated_at;
    INSERT INTO "dbos".workflow_input (
        workflow_uuid, inputs, retention_timestamp
    ) VALUES (
        v_workflow_id, v_serialized_inputs, v_now
    )
    ON CONFLICT (workflow_uuid) DO NOTHING;
    RETURN v_workflow_id;
EXCEPTION
    WHEN unique_violation THEN
        RAISE EXCEPTION 'DBOS queue duplicated'
            USING DETAIL = format('Workflow %s with queue %s and deduplication ID %s already exists', v_workflow_id, queue_name, deduplication_id),
                ERRCODE = 'unique_violation';
END;
$$;
CREATE FUNCTION dbos.notifications_function() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
DECLARE
    payload text := NEW.destination_uuid || '::' || NEW.topic;
BEGIN
    PERFORM pg_notify('dbos_notifications_channel', payload);
    RETURN NEW;
END;
$$;
CREATE FUNCTION dbos.send_message(destination_id text, message json, topic text DEFAULT NULL::text, message_id text DEFAULT NULL::text) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
DECLARE
    v_topic TEXT := COALESCE(topic, '__null__topic__');
    v_message_id TEXT := COALESCE(message_id, gen_random_uuid()::TEXT);
BEGIN
    INSERT INTO "dbos".notifications (
        destination_uuid, topic, message, message_uuid, serialization
    ) VALUES (
        destination_id, v_topic, message, v_message_id, 'portable_json'
    )
    ON CONFLICT (message_uuid) DO NOTHING;
EXCEPTION
    WHEN foreign_key_violation THEN
        RAISE EXCEPTION 'DBOS non-existent workflow'
            USING DETAIL = format('Destination workflow %s does not exist', destination_id),
                ERRCODE = 'foreign_key_violation';
END;
$$;
SET default_tablespace = '';
SET default_table_access_method = heap;
CREATE TABLE dbos.application_versions (
    version_id text NOT NULL,
    version_name text NOT NULL,
    version_timestamp bigint DEFAULT ((EXTRACT(epoch FROM now()) * 1000.0))::bigint NOT NULL,
    created_at bigint DEFAULT ((EXTRACT(epoch FROM now()) * 1000.0))::bigint NOT NULL,
    application_name text
);
CREATE TABLE dbos.dbos_migrations (
    version bigint NOT NULL
);
CREATE TABLE dbos.event_dispatch_kv (
    service_name text NOT NULL,
    workflow_fn_name text NOT NULL,
    key text NOT NULL,
    value text,
    update_seq numeric(38,0),
    update_time numeric(38,15)
);
CREATE TABLE dbos.notifications (
    message_uuid text DEFAULT gen_random_uuid() NOT NULL,
    destination_uuid text NOT NULL,
    topic text,
    message text NOT NULL,
    created_at_epoch_ms bigint DEFAULT ((EXTRACT(epoch FROM now()) * 1000.0))::bigint NOT NULL,
    serialization text,
    consumed boolean DEFAULT false NOT NULL,
    consumed_by_function_id integer
);
CREATE TABLE dbos.operation_outputs (
    workflow_uuid text NOT NULL,
    function_id integer NOT NULL,
    function_name text DEFAULT ''::text NOT NULL,
    output text,
    error text,
    child_workflow_id text,
    started_at_epoch_ms bigint,
    completed_at_epoch_ms bigint,
    serialization text,
    application_name text,
    retention_timestamp bigint DEFAULT ((EXTRACT(epoch FROM now()) * 1000.0))::bigint NOT NULL
);
CREATE TABLE dbos.queues (
    queue_id text DEFAULT (gen_random_uuid())::text NOT NULL,
    name text NOT NULL,
    concurrency integer,
    worker_concurrency integer,
    rate_limit_max integer,
    rate_limit_period_sec double precision,
    priority_enabled boolean DEFAULT false NOT NULL,
    partition_queue boolean DEFAULT false NOT NULL,
    polling_interval_sec double precision DEFAULT 1.0 NOT NULL,
    created_at bigint DEFAULT ((EXTRACT(epoch FROM now()) * 1000.0))::bigint NOT NULL,
    updated_at bigint DEFAULT ((EXTRACT(epoch FROM now()) * 1000.0))::bigint NOT NULL,
    application_name text,
    partition_concurrency integer,
    partition_worker_concurrency integer,
    partition_rate_limit_max integer,
    partition_rate_limit_period_sec double precision
);
CREATE TABLE dbos.streams (
    workflow_uuid text NOT NULL,
    key text NOT NULL,
    value text NOT NULL,
    "offset" integer NOT NULL,
    function_id integer DEFAULT 0 NOT NULL,
    serialization text
);
CREATE TABLE dbos.workflow_events (
    workflow_uuid text NOT NULL,
    key text NOT NULL,
    value text NOT NULL,
    serialization text
);
CREATE TABLE dbos.workflow_events_history (
    workflow_uuid text NOT NULL,
    function_id integer NOT NULL,
    key text NOT NULL,
    value text NOT NULL,
    serialization text
);
CREATE TABLE dbos.workflow_input (
    workflow_uuid text NOT NULL,
    inputs text,
    retention_timestamp bigint DEFAULT ((EXTRACT(epoch FROM now()) * 1000.0))::bigint NOT NULL
);
CREATE TABLE dbos.workflow_output (
    workflow_uuid text NOT NULL,
    output text,
    error text,
    retention_timestamp bigint DEFAULT ((EXTRACT(epoch FROM now()) * 1000.0))::bigint NOT NULL
);
CREATE TABLE dbos.workflow_schedules (
    schedule_id text NOT NULL,
    schedule_name text NOT NULL,
    workflow_name text NOT NULL,
    workflow_class_name text,
    schedule text NOT NULL,
    status text DEFAULT 'ACTIVE'::text NOT NULL,
    context text NOT NULL,
    last_fired_at text,
    automatic_backfill boolean DEFAULT false NOT NULL,
    cron_timezone text,
    queue_name text,
    application_name text
);
CREATE TABLE dbos.workflow_status (
    workflow_uuid text NOT NULL,
    status text,
    name text,
    authenticated_user text,
    assumed_role text,
    authenticated_roles text,
    request text,
    output text,
    error text,
    executor_id text,
    created_at bigint DEFAULT ((EXTRACT(epoch FROM now()) * 1000.0))::bigint NOT NULL,
    updated_at bigint DEFAULT ((EXTRACT(epoch FROM now()) * 1000.0))::bigint NOT NULL,
    application_version text,
    application_id text,
    class_name character varying(255) DEFAULT NULL::character varying,
    config_name character varying(255) DEFAULT NULL::character varying,
    recovery_attempts bigint DEFAULT 0,
    queue_name text,
    workflow_timeout_ms bigint,
    workflow_deadline_epoch_ms bigint,
    inputs text,
    started_at_epoch_ms bigint,
    deduplication_id text,
    priority integer DEFAULT 0 NOT NULL,
    queue_partition_key text,
    forked_from text,
    owner_xid text,
    parent_workflow_id text,
    serialization text,
    delay_until_epoch_ms bigint,
    was_forked_from boolean DEFAULT false NOT NULL,
    rate_limited boolean DEFAULT false NOT NULL,
    completed_at bigint,
    attributes jsonb,
    schedule_name text,
    debounce_deadline_epoch_ms bigint,
    is_debounced boolean DEFAULT false NOT NULL,
    application_name text,
    creator_xid text
);
CREATE TABLE public.api_keys (
    id character varying(32) NOT NULL,
    name character varying(64) NOT NULL,
    role character varying(16) NOT NULL,
    secret_hash character varying(128) NOT NULL,
    created_at timestamp with time zone NOT NULL,
    revoked_at timestamp with time zone
);
CREATE TABLE public.attempts (
    job_id character varying(32) NOT NULL,
    number integer NOT NULL,
    worker_slot character varying(64) NOT NULL,
    instance_id character varying(64) NOT NULL,
    started_at timestamp with time zone NOT NULL,
    ended_at timestamp with time zone,
    state character varying(16) NOT NULL
);
CREATE TABLE public.optimizations (
    id character varying(32) NOT NULL,
    state character varying(16) NOT NULL,
    strategy character varying(64) NOT NULL,
    dataset character varying(64) NOT NULL,
    objective character varying(64) NOT NULL,
    sampler character varying(64) NOT NULL,
    trials integer NOT NULL,
    batch_size integer NOT NULL,
    seed integer NOT NULL,
    parameters json NOT NULL,
    folds integer NOT NULL,
    holdout double precision NOT NULL,
    fee_bps double precision NOT NULL,
    slippage_bps double precision NOT NULL,
    key_id character varying(32),
    traceparent character varying(64) NOT NULL,
    attempt integer NOT NULL,
    trials_completed integer NOT NULL,
    trials_failed integer NOT NULL,
    created_at timestamp with time zone NOT NULL,
    started_at timestamp with time zone,
    finished_at timestamp with time zone,
    cancel_requested_at timestamp with time zone,
    best_value double precision,
    best_trial integer,
    best_parameters json,
    out_of_sample_value double precision,
    walk_forward_value double precision,
    deflated_sharpe double precision,
    total_return double precision,
    max_drawdown double precision,
    trades integer,
    error_type character varying(128),
    error_message character varying
);
CREATE TABLE public.trials (
    job_id character varying(32) NOT NULL,
    number integer NOT NULL,
    attempt integer NOT NULL,
    parameters json NOT NULL,
    outcome character varying(16) NOT NULL,
    value double precision,
    fold_values json NOT NULL,
    error character varying,
    duration_seconds double precision NOT NULL,
    sampler_state json NOT NULL
);
CREATE TABLE public.workers (
    slot character varying(64) NOT NULL,
    instance_id character varying(64) NOT NULL,
    pid integer NOT NULL,
    host character varying(255) NOT NULL,
    started_at timestamp with time zone NOT NULL,
    last_seen timestamp with time zone NOT NULL
);
INSERT INTO dbos.dbos_migrations VALUES (125);
INSERT INTO dbos.workflow_input VALUES ('6b06e9f5a36535d48a7e6a5715f526a7', 'gASVPAAAAAAAAAB9lCiMBGFyZ3OUjCA2YjA2ZTlmNWEzNjUzNWQ0OGE3ZTZhNTcxNWY1MjZhN5SFlIwGa3dhcmdzlH2UdS4=', 1795615221347);
INSERT INTO dbos.workflow_input VALUES ('6b06e9f5007ed1475378be10eb69021f', 'gASVPAAAAAAAAAB9lCiMBGFyZ3OUjCA2YjA2ZTlmNTAwN2VkMTQ3NTM3OGJlMTBlYjY5MDIxZpSFlIwGa3dhcmdzlH2UdS4=', 1795615221980);
INSERT INTO dbos.workflow_input VALUES ('6b06e9f658429b81395c2fda85ba6f37', 'gASVPAAAAAAAAAB9lCiMBGFyZ3OUjCA2YjA2ZTlmNjU4NDI5YjgxMzk1YzJmZGE4NWJhNmYzN5SFlIwGa3dhcmdzlH2UdS4=', 1795615222300);
INSERT INTO dbos.workflow_input VALUES ('6b06e9f7d264b964a0ba3706165d6259', 'gASVPAAAAAAAAAB9lCiMBGFyZ3OUjCA2YjA2ZTlmN2QyNjRiOTY0YTBiYTM3MDYxNjVkNjI1OZSFlIwGa3dhcmdzlH2UdS4=', 1795615223217);
INSERT INTO dbos.workflow_input VALUES ('6b06e9f79c3090c79c520787eb54d2ed', 'gASVPAAAAAAAAAB9lCiMBGFyZ3OUjCA2YjA2ZTlmNzljMzA5MGM3OWM1MjA3ODdlYjU0ZDJlZJSFlIwGa3dhcmdzlH2UdS4=', 1795615223544);
INSERT INTO dbos.workflow_input VALUES ('6b06e9f7a1d9e027723ccce81d7416af', 'gASVPAAAAAAAAAB9lCiMBGFyZ3OUjCA2YjA2ZTlmN2ExZDllMDI3NzIzY2NjZTgxZDc0MTZhZpSFlIwGa3dhcmdzlH2UdS4=', 1795615223585);
INSERT INTO dbos.workflow_status VALUES ('6b06e9f5a36535d48a7e6a5715f526a7', 'SUCCESS', 'optimize', NULL, NULL, NULL, NULL, NULL, NULL, NULL, 1795615221347, 1795615221347, '1', NULL, NULL, NULL, 0, 'optimizations', NULL, NULL, NULL, NULL, NULL, 0, NULL, NULL, NULL, NULL, 'py_pickle', NULL, false, false, NULL, 'null', NULL, NULL, false, NULL, '1f879b80-e2a5-4b86-831f-55b4bc6e32fb');
INSERT INTO dbos.workflow_status VALUES ('6b06e9f5007ed1475378be10eb69021f', 'SUCCESS', 'optimize', NULL, NULL, NULL, NULL, NULL, NULL, NULL, 1795615221980, 1795615221980, '1', NULL, NULL, NULL, 0, 'optimizations', NULL, NULL, NULL, NULL, NULL, 0, NULL, NULL, NULL, NULL, 'py_pickle', NULL, false, false, NULL, 'null', NULL, NULL, false, NULL, 'e206cf19-e62b-4d97-97ef-94b0dc57e1f7');
INSERT INTO dbos.workflow_status VALUES ('6b06e9f658429b81395c2fda85ba6f37', 'SUCCESS', 'optimize', NULL, NULL, NULL, NULL, NULL, NULL, NULL, 1795615222300, 1795615222300, '1', NULL, NULL, NULL, 0, 'optimizations', NULL, NULL, NULL, NULL, NULL, 0, NULL, NULL, NULL, NULL, 'py_pickle', NULL, false, false, NULL, 'null', NULL, NULL, false, NULL, 'b785747a-9860-4e61-a589-a82bafa4aa46');
INSERT INTO dbos.workflow_status VALUES ('6b06e9f7d264b964a0ba3706165d6259', 'CANCELLED', 'optimize', NULL, NULL, NULL, NULL, NULL, NULL, NULL, 1795615223217, 1795615223410, '1', NULL, NULL, NULL, 0, NULL, NULL, NULL, NULL, NULL, NULL, 0, NULL, NULL, NULL, NULL, 'py_pickle', NULL, false, false, 1795615223410, 'null', NULL, NULL, false, NULL, '9878a051-5996-424b-9b8f-8ad752ccadde');
INSERT INTO dbos.workflow_status VALUES ('6b06e9f79c3090c79c520787eb54d2ed', 'ENQUEUED', 'optimize', NULL, NULL, NULL, NULL, NULL, NULL, NULL, 1795615223544, 1795615223544, '1', NULL, NULL, NULL, 0, 'optimizations', NULL, NULL, NULL, NULL, NULL, 0, NULL, NULL, NULL, NULL, 'py_pickle', NULL, false, false, NULL, 'null', NULL, NULL, false, NULL, '1a730569-8d53-461f-90c1-0bc870dea416');
INSERT INTO dbos.workflow_status VALUES ('6b06e9f7a1d9e027723ccce81d7416af', 'PENDING', 'optimize', NULL, NULL, NULL, NULL, NULL, NULL, 'worker-0', 1795615223585, 1795615223585, '1', NULL, NULL, NULL, 0, 'optimizations', NULL, NULL, NULL, NULL, NULL, 0, NULL, NULL, NULL, NULL, 'py_pickle', NULL, false, false, NULL, 'null', NULL, NULL, false, NULL, '27a32d4a-daa4-4eee-a04d-191b9a671b6b');
INSERT INTO public.api_keys VALUES ('83a69c7e2f94', 'viewer of before', 'viewer', 'ad0134688f030da793605a7bc2e10e89d6a3054de13f401e896c4031983e0c15', '2026-11-25 14:00:20.964413+00', NULL);
INSERT INTO public.api_keys VALUES ('9492901892fd', 'operator of before', 'operator', 'c19e67f6b7aa6e19123b95c26b3b516266ea754ad7b526a4e5eb0b5e8af9aaa1', '2026-11-25 14:00:20.999869+00', NULL);
INSERT INTO public.api_keys VALUES ('e3881423a918', 'admin of before', 'admin', '961537efd862a38c9a5df47af32fdd1488b8c5058468fb0892d0284290afad25', '2026-11-25 14:00:21.01187+00', NULL);
INSERT INTO public.attempts VALUES ('6b06e9f5a36535d48a7e6a5715f526a7', 1, 'worker-0', 'instance-of-before', '2026-11-25 14:00:21.496251+00', '2026-11-25 14:00:21.87409+00', 'completed');
INSERT INTO public.attempts VALUES ('6b06e9f5007ed1475378be10eb69021f', 1, 'worker-0', 'instance-of-before', '2026-11-25 14:00:22.020236+00', '2026-11-25 14:00:22.156776+00', 'failed');
INSERT INTO public.attempts VALUES ('6b06e9f658429b81395c2fda85ba6f37', 1, 'worker-0', 'instance-of-before', '2026-11-25 14:00:22.398689+00', '2026-11-25 14:00:23.162354+00', 'completed');
INSERT INTO public.attempts VALUES ('6b06e9f7a1d9e027723ccce81d7416af', 1, 'worker-0', 'instance-of-before', '2026-11-25 14:00:23.68906+00', NULL, 'running');
INSERT INTO public.optimizations VALUES ('6b06e9f5a36535d48a7e6a5715f526a7', 'completed', 'sma_cross', 'wti-daily', 'sharpe', 'random', 12, 64, 7, '{}', 5, 0.2, 1, 1, NULL, '00-6b06e9f5a36535d48a7e6a5715f526a7-00f067aa0ba902b7-01', 1, 12, 0, '2026-11-25 14:00:21.343706+00', '2026-11-25 14:00:21.496251+00', '2026-11-25 14:00:21.87409+00', NULL, 0.05792617881976345, 1, '{"fast": 47, "slow": 51}', -0.16195959850052902, -0.3053424973442404, 0.4762501293552215, -0.5288140399999994, 1.5264230000000003, 99, NULL, NULL);
INSERT INTO public.optimizations VALUES ('6b06e9f5007ed1475378be10eb69021f', 'failed', 'sma_cross', 'wti-daily', 'sharpe', 'random', 4, 64, 7, '{"fast": {"low": 50}, "slow": {"high": 40}}', 5, 0.2, 1, 1, NULL, '00-6b06e9f5007ed1475378be10eb69021f-00f067aa0ba902b7-01', 1, 0, 4, '2026-11-25 14:00:21.969721+00', '2026-11-25 14:00:22.020236+00', '2026-11-25 14:00:22.156776+00', NULL, NULL, NULL, 'null', NULL, NULL, NULL, NULL, NULL, NULL, 'NoResult', 'all 4 trials failed; the first: InvalidTrial: fast (56) must be below slow (38)');
INSERT INTO public.optimizations VALUES ('6b06e9f658429b81395c2fda85ba6f37', 'completed', 'rsi_reversion', 'wti-daily', 'sharpe', 'tpe', 6, 10, 7, '{}', 5, 0.2, 1, 1, NULL, '00-6b06e9f658429b81395c2fda85ba6f37-00f067aa0ba902b7-01', 1, 6, 0, '2026-11-25 14:00:22.299905+00', '2026-11-25 14:00:22.398689+00', '2026-11-25 14:00:23.162354+00', NULL, 0.15098931003108046, 4, '{"window": 10, "lower": 21.5, "upper": 87.5}', 0.17946200199841406, 0.1384854985453664, 0.629838425823241, 0.25875746000000005, 0.5209711799999995, 103, NULL, NULL);
INSERT INTO public.optimizations VALUES ('6b06e9f7d264b964a0ba3706165d6259', 'cancelled', 'sma_cross', 'wti-daily', 'sharpe', 'random', 5, 64, 955098306, '{}', 5, 0.2, 1, 1, NULL, '00-6b06e9f7d264b964a0ba3706165d6259-00f067aa0ba902b7-01', 0, 0, 0, '2026-11-25 14:00:23.214095+00', NULL, '2026-11-25 14:00:23.255434+00', '2026-11-25 14:00:23.255434+00', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.optimizations VALUES ('6b06e9f79c3090c79c520787eb54d2ed', 'queued', 'sma_cross', 'wti-daily', 'sharpe', 'random', 8, 64, 7, '{}', 5, 0.2, 1, 1, NULL, '00-6b06e9f79c3090c79c520787eb54d2ed-00f067aa0ba902b7-01', 0, 0, 0, '2026-11-25 14:00:23.54404+00', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.optimizations VALUES ('6b06e9f7a1d9e027723ccce81d7416af', 'running', 'sma_cross', 'wti-daily', 'sharpe', 'random', 20, 64, 7, '{}', 5, 0.2, 1, 1, NULL, '00-6b06e9f7a1d9e027723ccce81d7416af-00f067aa0ba902b7-01', 1, 8, 0, '2026-11-25 14:00:23.57611+00', '2026-11-25 14:00:23.68906+00', NULL, NULL, 0.09720507915090962, 16, '{"fast": 38, "slow": 54}', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO public.trials VALUES ('6b06e9f5a36535d48a7e6a5715f526a7', 0, 1, '{"fast": 38, "slow": 272}', 'completed', 0.036663497063469476, '[-0.4056483351065755, 0.09839541718160072, 0.26523095797086027, 0.17482042515954785, 0.050519020111914045]', NULL, 0.013455046999979459, '{}');
INSERT INTO public.trials VALUES ('6b06e9f5a36535d48a7e6a5715f526a7', 1, 1, '{"fast": 47, "slow": 51}', 'completed', 0.05792617881976345, '[0.1572496396358704, -0.468740028649581, -0.2267282514429266, 0.39709964948248444, 0.43074988507296996]', NULL, 0.0001499909999438387, '{}');
INSERT INTO public.trials VALUES ('6b06e9f5a36535d48a7e6a5715f526a7', 2, 1, '{"fast": 18, "slow": 145}', 'completed', 0.025689637331821974, '[-0.005917448407902128, -0.29699548456501274, 0.07530012249174557, 0.3823308723096637, -0.02626987516938453]', NULL, 0.00011309199999232078, '{}');
INSERT INTO public.trials VALUES ('6b06e9f5a36535d48a7e6a5715f526a7', 3, 1, '{"fast": 59, "slow": 268}', 'completed', -0.015783777949312704, '[-0.5881041073142825, 0.1071002217702124, 0.3701131235734977, -0.03105218527194561, 0.06302405749595455]', NULL, 0.00011465499994756101, '{}');
INSERT INTO public.trials VALUES ('6b06e9f5a36535d48a7e6a5715f526a7', 4, 1, '{"fast": 14, "slow": 100}', 'completed', 0.03607613765500084, '[0.22165023582752702, -0.01813630002768815, -0.46091182988577, 0.47705013996184803, -0.03927155760091265]', NULL, 0.00010771099994144606, '{}');
INSERT INTO public.trials VALUES ('6b06e9f5a36535d48a7e6a5715f526a7', 5, 1, '{"fast": 3, "slow": 207}', 'completed', -0.019589966338239433, '[0.08283792006707963, -0.16615308093675699, -0.025773954511601218, 0.1151316777305171, -0.1039923940404357]', NULL, 0.0001058579999835274, '{}');
INSERT INTO public.trials VALUES ('6b06e9f5a36535d48a7e6a5715f526a7', 6, 1, '{"fast": 30, "slow": 186}', 'completed', -0.0003105838597013633, '[-0.213765067015131, -0.060552625761859484, 0.05251688827636734, 0.0729487153832566, 0.1472991698188597]', NULL, 0.00010440500000186148, '{}');
INSERT INTO public.trials VALUES ('6b06e9f5a36535d48a7e6a5715f526a7', 7, 1, '{"fast": 11, "slow": 53}', 'completed', -0.04188313580213466, '[0.45382997125327784, -0.8960070270498268, -0.16276216127390622, 0.1696582852082346, 0.22586525285154732]', NULL, 0.00011987499999577267, '{}');
INSERT INTO public.trials VALUES ('6b06e9f5a36535d48a7e6a5715f526a7', 8, 1, '{"fast": 44, "slow": 182}', 'completed', 0.015014011230135894, '[-0.36417201649038133, -0.1817987915158964, 0.16004298405065603, 0.3102325512547344, 0.15076532885156674]', NULL, 0.0001321170000210259, '{}');
INSERT INTO public.trials VALUES ('6b06e9f5a36535d48a7e6a5715f526a7', 9, 1, '{"fast": 47, "slow": 292}', 'completed', -0.009319665584541047, '[-0.4890445839614233, 0.13278638426916387, 0.30889694568010395, -0.03064420197330135, 0.03140712806275164]', NULL, 0.00010609899993596628, '{}');
INSERT INTO public.trials VALUES ('6b06e9f5a36535d48a7e6a5715f526a7', 10, 1, '{"fast": 40, "slow": 222}', 'completed', 0.033821621683465954, '[-0.3392446264297727, -0.0687071267219837, 0.2073894319659443, 0.27486750880725, 0.09480292079589185]', NULL, 0.00011336199997913354, '{}');
INSERT INTO public.trials VALUES ('6b06e9f5a36535d48a7e6a5715f526a7', 11, 1, '{"fast": 11, "slow": 158}', 'completed', -0.0901070324460957, '[0.09841809026038237, -0.3509310330970569, -0.35075469458413416, 0.22037397489122934, -0.06764149970089908]', NULL, 0.00010234100000161561, '{}');
INSERT INTO public.trials VALUES ('6b06e9f5007ed1475378be10eb69021f', 0, 1, '{"fast": 56, "slow": 38}', 'failed', NULL, '[]', 'InvalidTrial: fast (56) must be below slow (38)', 1.5098999938345514e-05, '{}');
INSERT INTO public.trials VALUES ('6b06e9f5007ed1475378be10eb69021f', 1, 1, '{"fast": 58, "slow": 22}', 'failed', NULL, '[]', 'InvalidTrial: fast (58) must be below slow (22)', 3.3159999475174118e-06, '{}');
INSERT INTO public.trials VALUES ('6b06e9f5007ed1475378be10eb69021f', 2, 1, '{"fast": 53, "slow": 29}', 'failed', NULL, '[]', 'InvalidTrial: fast (53) must be below slow (29)', 1.6340000001946464e-05, '{}');
INSERT INTO public.trials VALUES ('6b06e9f5007ed1475378be10eb69021f', 3, 1, '{"fast": 60, "slow": 38}', 'failed', NULL, '[]', 'InvalidTrial: fast (60) must be below slow (38)', 4.948999958287459e-06, '{}');
INSERT INTO public.trials VALUES ('6b06e9f658429b81395c2fda85ba6f37', 0, 1, '{"window": 38, "lower": 11.0, "upper": 90.5}', 'completed', 0, '[0.0, 0.0, 0.0, 0.0, 0.0]', NULL, 0.0021995590000187804, '{}');
INSERT INTO public.trials VALUES ('6b06e9f658429b81395c2fda85ba6f37', 1, 1, '{"window": 41, "lower": 39.5, "upper": 95.0}', 'completed', -0.06116600521209299, '[0.006162717390805404, -0.18219105080837197, 0.7114190502258524, -0.4029763772324257, -0.43824436563632513]', NULL, 0.020856165999930454, '{}');
INSERT INTO public.trials VALUES ('6b06e9f658429b81395c2fda85ba6f37', 2, 1, '{"window": 16, "lower": 41.0, "upper": 58.0}', 'completed', 0.02538027718141017, '[-0.0736961646100432, 0.6044448880535322, 0.02694786312457166, -0.046101726957249484, -0.38469347370376034]', NULL, 0.0008483780000005936, '{}');
INSERT INTO public.trials VALUES ('6b06e9f658429b81395c2fda85ba6f37', 3, 1, '{"window": 15, "lower": 9.0, "upper": 69.5}', 'completed', 0.007419512443557269, '[-0.6597288229914279, 0.7555712346158803, 0.18176861561388424, -0.08019778729565757, -0.16031567772489272]', NULL, 0.0003340160000107062, '{}');
INSERT INTO public.trials VALUES ('6b06e9f658429b81395c2fda85ba6f37', 4, 1, '{"window": 10, "lower": 21.5, "upper": 87.5}', 'completed', 0.15098931003108046, '[0.2010045559739366, 0.44081116662687586, 0.5514520645758626, -0.21840289789595765, -0.2199183391253151]', NULL, 0.0002618199999915305, '{}');
INSERT INTO public.trials VALUES ('6b06e9f658429b81395c2fda85ba6f37', 5, 1, '{"window": 31, "lower": 17.0, "upper": 82.5}', 'completed', -0.01629429783170855, '[-0.011317404436960018, 0.0, -0.07015408472158273, 0.0, 0.0]', NULL, 0.000208049999969262, '{}');
INSERT INTO public.trials VALUES ('6b06e9f7a1d9e027723ccce81d7416af', 0, 1, '{"fast": 38, "slow": 272}', 'completed', 0.036663497063469476, '[-0.4056483351065755, 0.09839541718160072, 0.26523095797086027, 0.17482042515954785, 0.050519020111914045]', NULL, 0.0004957879999665238, '{}');
INSERT INTO public.trials VALUES ('6b06e9f7a1d9e027723ccce81d7416af', 1, 1, '{"fast": 47, "slow": 51}', 'completed', 0.05792617881976345, '[0.1572496396358704, -0.468740028649581, -0.2267282514429266, 0.39709964948248444, 0.43074988507296996]', NULL, 0.00012303100004373846, '{}');
INSERT INTO public.trials VALUES ('6b06e9f7a1d9e027723ccce81d7416af', 2, 1, '{"fast": 18, "slow": 145}', 'completed', 0.025689637331821974, '[-0.005917448407902128, -0.29699548456501274, 0.07530012249174557, 0.3823308723096637, -0.02626987516938453]', NULL, 0.00011098800007403042, '{}');
INSERT INTO public.trials VALUES ('6b06e9f7a1d9e027723ccce81d7416af', 3, 1, '{"fast": 59, "slow": 268}', 'completed', -0.015783777949312704, '[-0.5881041073142825, 0.1071002217702124, 0.3701131235734977, -0.03105218527194561, 0.06302405749595455]', NULL, 0.00010752200000752055, '{}');
INSERT INTO public.trials VALUES ('6b06e9f7a1d9e027723ccce81d7416af', 4, 1, '{"fast": 14, "slow": 100}', 'completed', 0.03607613765500084, '[0.22165023582752702, -0.01813630002768815, -0.46091182988577, 0.47705013996184803, -0.03927155760091265]', NULL, 0.00010855300001821888, '{}');
INSERT INTO public.trials VALUES ('6b06e9f7a1d9e027723ccce81d7416af', 5, 1, '{"fast": 3, "slow": 207}', 'completed', -0.019589966338239433, '[0.08283792006707963, -0.16615308093675699, -0.025773954511601218, 0.1151316777305171, -0.1039923940404357]', NULL, 0.00012874099991222465, '{}');
INSERT INTO public.trials VALUES ('6b06e9f7a1d9e027723ccce81d7416af', 6, 1, '{"fast": 30, "slow": 186}', 'completed', -0.0003105838597013633, '[-0.213765067015131, -0.060552625761859484, 0.05251688827636734, 0.0729487153832566, 0.1472991698188597]', NULL, 0.00014294799996150687, '{}');
INSERT INTO public.trials VALUES ('6b06e9f7a1d9e027723ccce81d7416af', 7, 1, '{"fast": 11, "slow": 53}', 'completed', -0.04188313580213466, '[0.45382997125327784, -0.8960070270498268, -0.16276216127390622, 0.1696582852082346, 0.22586525285154732]', NULL, 0.00010707100000217906, '{}');
INSERT INTO public.workers VALUES ('worker-0', 'instance-of-before', 1, 'before', '2026-11-25 14:00:23.66134+00', '2026-11-25 14:00:23.836834+00');
ALTER TABLE ONLY dbos.application_versions
    ADD CONSTRAINT application_versions_pkey PRIMARY KEY (version_id);
ALTER TABLE ONLY dbos.application_versions
    ADD CONSTRAINT application_versions_version_name_key UNIQUE (version_name);
ALTER TABLE ONLY dbos.dbos_migrations
    ADD CONSTRAINT dbos_migrations_pkey PRIMARY KEY (version);
ALTER TABLE ONLY dbos.event_dispatch_kv
    ADD CONSTRAINT event_dispatch_kv_pkey PRIMARY KEY (service_name, workflow_fn_name, key);
ALTER TABLE ONLY dbos.notifications
    ADD CONSTRAINT notifications_pkey PRIMARY KEY (message_uuid);
ALTER TABLE ONLY dbos.operation_outputs
    ADD CONSTRAINT operation_outputs_pkey PRIMARY KEY (workflow_uuid, function_id);
ALTER TABLE ONLY dbos.queues
    ADD CONSTRAINT queues_name_key UNIQUE (name);
ALTER TABLE ONLY dbos.queues
    ADD CONSTRAINT queues_pkey PRIMARY KEY (queue_id);
ALTER TABLE ONLY dbos.streams
    ADD CONSTRAINT streams_pkey PRIMARY KEY (workflow_uuid, key, "offset");
ALTER TABLE ONLY dbos.workflow_events_history
    ADD CONSTRAINT workflow_events_history_pkey PRIMARY KEY (workflow_uuid, function_id, key);
ALTER TABLE ONLY dbos.workflow_events
    ADD CONSTRAINT workflow_events_pkey PRIMARY KEY (workflow_uuid, key);
ALTER TABLE ONLY dbos.workflow_input
    ADD CONSTRAINT workflow_input_pkey PRIMARY KEY (workflow_uuid);
ALTER TABLE ONLY dbos.workflow_output
    ADD CONSTRAINT workflow_output_pkey PRIMARY KEY (workflow_uuid);
ALTER TABLE ONLY dbos.workflow_schedules
    ADD CONSTRAINT workflow_schedules_pkey PRIMARY KEY (schedule_id);
ALTER TABLE ONLY dbos.workflow_schedules
    ADD CONSTRAINT workflow_schedules_schedule_name_key UNIQUE (schedule_name);
ALTER TABLE ONLY dbos.workflow_status
    ADD CONSTRAINT workflow_status_pkey PRIMARY KEY (workflow_uuid);
ALTER TABLE ONLY public.api_keys
    ADD CONSTRAINT api_keys_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.attempts
    ADD CONSTRAINT attempts_pkey PRIMARY KEY (job_id, number);
ALTER TABLE ONLY public.optimizations
    ADD CONSTRAINT optimizations_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.trials
    ADD CONSTRAINT trials_pkey PRIMARY KEY (job_id, number);
ALTER TABLE ONLY public.workers
    ADD CONSTRAINT workers_pkey PRIMARY KEY (slot);
CREATE INDEX idx_application_versions_owner_timestamp ON dbos.application_versions USING btree (application_name, version_timestamp DESC);
CREATE INDEX idx_application_versions_timestamp ON dbos.application_versions USING btree (version_timestamp DESC);
CREATE INDEX idx_operation_outputs_completed_at_function_name_v2 ON dbos.operation_outputs USING btree (completed_at_epoch_ms, function_name) INCLUDE (application_name);
CREATE INDEX idx_operation_outputs_retention ON dbos.operation_outputs USING btree (retention_timestamp);
CREATE INDEX idx_workflow_input_retention ON dbos.workflow_input USING btree (retention_timestamp);
CREATE INDEX idx_workflow_output_retention ON dbos.workflow_output USING btree (retention_timestamp);
CREATE INDEX idx_workflow_status_attributes ON dbos.workflow_status USING gin (attributes) WHERE (attributes IS NOT NULL);
CREATE INDEX idx_workflow_status_completed_at ON dbos.workflow_status USING btree (completed_at) WHERE (completed_at IS NOT NULL);
CREATE INDEX idx_workflow_status_deadline ON dbos.workflow_status USING btree (workflow_deadline_epoch_ms) WHERE ((status = ANY (ARRAY['ENQUEUED'::text, 'PENDING'::text, 'DELAYED'::text])) AND (workflow_deadline_epoch_ms IS NOT NULL));
CREATE INDEX idx_workflow_status_delayed ON dbos.workflow_status USING btree (delay_until_epoch_ms) WHERE (status = 'DELAYED'::text);
CREATE INDEX idx_workflow_status_failed ON dbos.workflow_status USING btree (status, created_at) WHERE (status = ANY (ARRAY['ERROR'::text, 'CANCELLED'::text, 'MAX_RECOVERY_ATTEMPTS_EXCEEDED'::text]));
CREATE INDEX idx_workflow_status_forked_from ON dbos.workflow_status USING btree (forked_from) WHERE (forked_from IS NOT NULL);
CREATE INDEX idx_workflow_status_in_flight_v2 ON dbos.workflow_status USING btree (queue_name, status, priority, created_at) INCLUDE (application_name) WHERE (status = ANY (ARRAY['ENQUEUED'::text, 'PENDING'::text]));
CREATE INDEX idx_workflow_status_parent_workflow_id ON dbos.workflow_status USING btree (parent_workflow_id) WHERE (parent_workflow_id IS NOT NULL);
CREATE INDEX idx_workflow_status_partition_dequeue_v3 ON dbos.workflow_status USING btree (queue_name, status, queue_partition_key, priority, created_at, workflow_uuid) INCLUDE (application_name) WHERE ((status = ANY (ARRAY['ENQUEUED'::text, 'PENDING'::text])) AND (queue_partition_key IS NOT NULL));
CREATE INDEX idx_workflow_status_pending ON dbos.workflow_status USING btree (created_at) WHERE (status = 'PENDING'::text);
CREATE INDEX idx_workflow_status_rate_limited ON dbos.workflow_status USING btree (queue_name, started_at_epoch_ms) WHERE (rate_limited = true);
CREATE INDEX idx_workflow_status_schedule_name ON dbos.workflow_status USING btree (schedule_name) WHERE (schedule_name IS NOT NULL);
CREATE INDEX idx_workflow_status_started_at ON dbos.workflow_status USING btree (started_at_epoch_ms) WHERE (started_at_epoch_ms IS NOT NULL);
CREATE INDEX idx_workflow_topic ON dbos.notifications USING btree (destination_uuid, topic);
CREATE UNIQUE INDEX uq_application_versions_owner_version ON dbos.application_versions USING btree (application_name, version_name) WHERE (application_name IS NOT NULL);
CREATE UNIQUE INDEX uq_application_versions_unclaimed_version ON dbos.application_versions USING btree (version_name) WHERE (application_name IS NULL);
CREATE UNIQUE INDEX uq_workflow_status_dedup_id ON dbos.workflow_status USING btree (queue_name, deduplication_id) WHERE (deduplication_id IS NOT NULL);
CREATE INDEX workflow_status_created_at_index ON dbos.workflow_status USING btree (created_at);
CREATE INDEX optimizations_by_state ON public.optimizations USING btree (state, created_at);
CREATE TRIGGER dbos_notifications_trigger AFTER INSERT ON dbos.notifications FOR EACH ROW EXECUTE FUNCTION dbos.notifications_function();
ALTER TABLE ONLY dbos.notifications
    ADD CONSTRAINT notifications_destination_uuid_fkey FOREIGN KEY (destination_uuid) REFERENCES dbos.workflow_status(workflow_uuid) ON UPDATE CASCADE ON DELETE CASCADE;
ALTER TABLE ONLY dbos.streams
    ADD CONSTRAINT streams_workflow_uuid_fkey FOREIGN KEY (workflow_uuid) REFERENCES dbos.workflow_status(workflow_uuid) ON UPDATE CASCADE ON DELETE CASCADE;
ALTER TABLE ONLY dbos.workflow_events_history
    ADD CONSTRAINT workflow_events_history_workflow_uuid_fkey FOREIGN KEY (workflow_uuid) REFERENCES dbos.workflow_status(workflow_uuid) ON UPDATE CASCADE ON DELETE CASCADE;
ALTER TABLE ONLY dbos.workflow_events
    ADD CONSTRAINT workflow_events_workflow_uuid_fkey FOREIGN KEY (workflow_uuid) REFERENCES dbos.workflow_status(workflow_uuid) ON UPDATE CASCADE ON DELETE CASCADE;
ALTER TABLE ONLY public.attempts
    ADD CONSTRAINT attempts_job_id_fkey FOREIGN KEY (job_id) REFERENCES public.optimizations(id);
ALTER TABLE ONLY public.trials
    ADD CONSTRAINT trials_job_id_fkey FOREIGN KEY (job_id) REFERENCES public.optimizations(id);
