BEGIN TRANSACTION;
CREATE TABLE api_keys (
	id VARCHAR(32) NOT NULL, 
	name VARCHAR(64) NOT NULL, 
	role VARCHAR(16) NOT NULL, 
	secret_hash VARCHAR(128) NOT NULL, 
	created_at DATETIME NOT NULL, 
	revoked_at DATETIME, 
	PRIMARY KEY (id)
);
INSERT INTO "api_keys" VALUES('12bcff3aae34','viewer of before','viewer','b771a855c639dcd557257f1c705092753ea261d36148b4cc84ed6aad6e4d2c57','2026-11-25 13:57:04.865590',NULL);
INSERT INTO "api_keys" VALUES('a0954bacb951','operator of before','operator','058822e2cabafafa09dfa42a7c62ec0dd738e3755c700fb977e7d011bdc7c29d','2026-11-25 13:57:04.890313',NULL);
INSERT INTO "api_keys" VALUES('f341e348e10c','admin of before','admin','b0358f52881513e594c47ba101e2690f60ac321c9b57a1106fbf8f9dbcd9aee1','2026-11-25 13:57:04.941967',NULL);
CREATE TABLE application_versions (
    version_id TEXT NOT NULL PRIMARY KEY,
    version_name TEXT NOT NULL UNIQUE,
    version_timestamp INTEGER NOT NULL DEFAULT (strftime('%s','now') * 1000),
    created_at INTEGER NOT NULL DEFAULT (strftime('%s','now') * 1000)
, "application_name" TEXT DEFAULT NULL);
CREATE TABLE attempts (
	job_id VARCHAR(32) NOT NULL, 
	number INTEGER NOT NULL, 
	worker_slot VARCHAR(64) NOT NULL, 
	instance_id VARCHAR(64) NOT NULL, 
	started_at DATETIME NOT NULL, 
	ended_at DATETIME, 
	state VARCHAR(16) NOT NULL, 
	PRIMARY KEY (job_id, number), 
	FOREIGN KEY(job_id) REFERENCES optimizations (id)
);
INSERT INTO "attempts" VALUES('6b06e931c1a848f58bf68b1e60462316',1,'worker-0','instance-of-before','2026-11-25 13:57:05.737503','2026-11-25 13:57:06.326026','completed');
INSERT INTO "attempts" VALUES('6b06e9327d175e311c4b4dfb1932a368',1,'worker-0','instance-of-before','2026-11-25 13:57:06.453210','2026-11-25 13:57:06.633772','failed');
INSERT INTO "attempts" VALUES('6b06e93237713f3ae25e8fed60d4569e',1,'worker-0','instance-of-before','2026-11-25 13:57:06.718650','2026-11-25 13:57:08.149120','completed');
INSERT INTO "attempts" VALUES('6b06e934069726284c44b09f7997ab46',1,'worker-0','instance-of-before','2026-11-25 13:57:08.499386',NULL,'running');
CREATE TABLE dbos_migrations (version INTEGER NOT NULL PRIMARY KEY);
INSERT INTO "dbos_migrations" VALUES(125);
CREATE TABLE notifications (
    message_uuid TEXT NOT NULL DEFAULT (hex(randomblob(16))) PRIMARY KEY,
    destination_uuid TEXT NOT NULL,
    topic TEXT,
    message TEXT NOT NULL,
    created_at_epoch_ms INTEGER NOT NULL DEFAULT (strftime('%s','now') * 1000), "serialization" TEXT DEFAULT NULL, "consumed" BOOLEAN NOT NULL DEFAULT FALSE, consumed_by_function_id INTEGER,
    FOREIGN KEY (destination_uuid) REFERENCES workflow_status(workflow_uuid) 
        ON UPDATE CASCADE ON DELETE CASCADE
);
CREATE TABLE "operation_outputs" (
    workflow_uuid TEXT NOT NULL,
    function_id INTEGER NOT NULL,
    function_name TEXT NOT NULL DEFAULT '',
    output TEXT,
    error TEXT,
    child_workflow_id TEXT,
    started_at_epoch_ms INTEGER,
    completed_at_epoch_ms INTEGER,
    serialization TEXT,
    application_name TEXT DEFAULT NULL,
    retention_timestamp INTEGER NOT NULL DEFAULT (strftime('%s','now') * 1000),
    PRIMARY KEY (workflow_uuid, function_id)
);
CREATE TABLE optimizations (
	id VARCHAR(32) NOT NULL, 
	state VARCHAR(16) NOT NULL, 
	strategy VARCHAR(64) NOT NULL, 
	dataset VARCHAR(64) NOT NULL, 
	objective VARCHAR(64) NOT NULL, 
	sampler VARCHAR(64) NOT NULL, 
	trials INTEGER NOT NULL, 
	batch_size INTEGER NOT NULL, 
	seed INTEGER NOT NULL, 
	parameters JSON NOT NULL, 
	folds INTEGER NOT NULL, 
	holdout DOUBLE NOT NULL, 
	fee_bps DOUBLE NOT NULL, 
	slippage_bps DOUBLE NOT NULL, 
	key_id VARCHAR(32), 
	traceparent VARCHAR(64) NOT NULL, 
	attempt INTEGER NOT NULL, 
	trials_completed INTEGER NOT NULL, 
	trials_failed INTEGER NOT NULL, 
	created_at DATETIME NOT NULL, 
	started_at DATETIME, 
	finished_at DATETIME, 
	cancel_requested_at DATETIME, 
	best_value DOUBLE, 
	best_trial INTEGER, 
	best_parameters JSON, 
	out_of_sample_value DOUBLE, 
	walk_forward_value DOUBLE, 
	deflated_sharpe DOUBLE, 
	total_return DOUBLE, 
	max_drawdown DOUBLE, 
	trades INTEGER, 
	error_type VARCHAR(128), 
	error_message VARCHAR, 
	PRIMARY KEY (id)
);
INSERT INTO "optimizations" VALUES('6b06e931c1a848f58bf68b1e60462316','completed','sma_cross','wti-daily','sharpe','random',12,64,7,'{}',5,0.2,1.0,1.0,NULL,'00-6b06e931c1a848f58bf68b1e60462316-00f067aa0ba902b7-01',1,12,0,'2026-11-25 13:57:05.600768','2026-11-25 13:57:05.737503','2026-11-25 13:57:06.326026',NULL,5.79261788197634533426e-02,1,'{"fast": 47, "slow": 51}',-1.61959598500529017295e-01,-3.05342497344240404455e-01,4.76250129355221485383e-01,-5.28814039999999430108e-01,1.52642300000000030735e+00,99,NULL,NULL);
INSERT INTO "optimizations" VALUES('6b06e9327d175e311c4b4dfb1932a368','failed','sma_cross','wti-daily','sharpe','random',4,64,7,'{"fast": {"low": 50}, "slow": {"high": 40}}',5,0.2,1.0,1.0,NULL,'00-6b06e9327d175e311c4b4dfb1932a368-00f067aa0ba902b7-01',1,0,4,'2026-11-25 13:57:06.394752','2026-11-25 13:57:06.453210','2026-11-25 13:57:06.633772',NULL,NULL,NULL,'null',NULL,NULL,NULL,NULL,NULL,NULL,'NoResult','all 4 trials failed; the first: InvalidTrial: fast (56) must be below slow (38)');
INSERT INTO "optimizations" VALUES('6b06e93237713f3ae25e8fed60d4569e','completed','rsi_reversion','wti-daily','sharpe','tpe',6,10,7,'{}',5,0.2,1.0,1.0,NULL,'00-6b06e93237713f3ae25e8fed60d4569e-00f067aa0ba902b7-01',1,6,0,'2026-11-25 13:57:06.688820','2026-11-25 13:57:06.718650','2026-11-25 13:57:08.149120',NULL,1.50989310031080459229e-01,4,'{"window": 10, "lower": 21.5, "upper": 87.5}',1.79462001998414055758e-01,1.38485498545366403355e-01,0.629838425823241,2.58757460000000050204e-01,5.20971179999999534082e-01,103,NULL,NULL);
INSERT INTO "optimizations" VALUES('6b06e93491c32cf051edef304fc4e52e','cancelled','sma_cross','wti-daily','sharpe','random',5,64,969372279,'{}',5,0.2,1.0,1.0,NULL,'00-6b06e93491c32cf051edef304fc4e52e-00f067aa0ba902b7-01',0,0,0,'2026-11-25 13:57:08.189658',NULL,'2026-11-25 13:57:08.243440','2026-11-25 13:57:08.243440',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "optimizations" VALUES('6b06e934c1bef4ca34485b7b8a353310','queued','sma_cross','wti-daily','sharpe','random',8,64,7,'{}',5,0.2,1.0,1.0,NULL,'00-6b06e934c1bef4ca34485b7b8a353310-00f067aa0ba902b7-01',0,0,0,'2026-11-25 13:57:08.408251',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "optimizations" VALUES('6b06e934069726284c44b09f7997ab46','running','sma_cross','wti-daily','sharpe','random',20,64,7,'{}',5,0.2,1.0,1.0,NULL,'00-6b06e934069726284c44b09f7997ab46-00f067aa0ba902b7-01',1,8,0,'2026-11-25 13:57:08.432844','2026-11-25 13:57:08.499386',NULL,NULL,9.72050791509096179243e-02,16,'{"fast": 38, "slow": 54}',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
CREATE TABLE queues (
    queue_id TEXT PRIMARY KEY DEFAULT (hex(randomblob(16))),
    name TEXT NOT NULL UNIQUE,
    concurrency INTEGER,
    worker_concurrency INTEGER,
    rate_limit_max INTEGER,
    rate_limit_period_sec REAL,
    priority_enabled BOOLEAN NOT NULL DEFAULT FALSE,
    partition_queue BOOLEAN NOT NULL DEFAULT FALSE,
    polling_interval_sec REAL NOT NULL DEFAULT 1.0,
    created_at INTEGER NOT NULL DEFAULT (strftime('%s','now') * 1000),
    updated_at INTEGER NOT NULL DEFAULT (strftime('%s','now') * 1000)
, "application_name" TEXT DEFAULT NULL, "partition_concurrency" INTEGER DEFAULT NULL, "partition_worker_concurrency" INTEGER DEFAULT NULL, "partition_rate_limit_max" INTEGER DEFAULT NULL, "partition_rate_limit_period_sec" REAL DEFAULT NULL);
CREATE TABLE streams (
    workflow_uuid TEXT NOT NULL,
    key TEXT NOT NULL,
    value TEXT NOT NULL,
    "offset" INTEGER NOT NULL, function_id INTEGER NOT NULL DEFAULT 0, "serialization" TEXT DEFAULT NULL,
    PRIMARY KEY (workflow_uuid, key, "offset"),
    FOREIGN KEY (workflow_uuid) REFERENCES workflow_status(workflow_uuid) 
        ON UPDATE CASCADE ON DELETE CASCADE
);
CREATE TABLE trials (
	job_id VARCHAR(32) NOT NULL, 
	number INTEGER NOT NULL, 
	attempt INTEGER NOT NULL, 
	parameters JSON NOT NULL, 
	outcome VARCHAR(16) NOT NULL, 
	value DOUBLE, 
	fold_values JSON NOT NULL, 
	error VARCHAR, 
	duration_seconds DOUBLE NOT NULL, 
	sampler_state JSON NOT NULL, 
	PRIMARY KEY (job_id, number), 
	FOREIGN KEY(job_id) REFERENCES optimizations (id)
);
INSERT INTO "trials" VALUES('6b06e931c1a848f58bf68b1e60462316',0,1,'{"fast": 38, "slow": 272}','completed',3.66634970634694759561e-02,'[-0.4056483351065755, 0.09839541718160072, 0.26523095797086027, 0.17482042515954785, 0.050519020111914045]',NULL,2.01678600001287122722e-03,'{}');
INSERT INTO "trials" VALUES('6b06e931c1a848f58bf68b1e60462316',1,1,'{"fast": 47, "slow": 51}','completed',5.79261788197634533426e-02,'[0.1572496396358704, -0.468740028649581, -0.2267282514429266, 0.39709964948248444, 0.43074988507296996]',NULL,2.23157999982959154294e-04,'{}');
INSERT INTO "trials" VALUES('6b06e931c1a848f58bf68b1e60462316',2,1,'{"fast": 18, "slow": 145}','completed',2.56896373318219739534e-02,'[-0.005917448407902128, -0.29699548456501274, 0.07530012249174557, 0.3823308723096637, -0.02626987516938453]',NULL,2.84921460000191473227e-02,'{}');
INSERT INTO "trials" VALUES('6b06e931c1a848f58bf68b1e60462316',3,1,'{"fast": 59, "slow": 268}','completed',-1.578377794931270367e-02,'[-0.5881041073142825, 0.1071002217702124, 0.3701131235734977, -0.03105218527194561, 0.06302405749595455]',NULL,3.18637000020771665731e-04,'{}');
INSERT INTO "trials" VALUES('6b06e931c1a848f58bf68b1e60462316',4,1,'{"fast": 14, "slow": 100}','completed',3.60761376550008394659e-02,'[0.22165023582752702, -0.01813630002768815, -0.46091182988577, 0.47705013996184803, -0.03927155760091265]',NULL,2.04372999974111735355e-04,'{}');
INSERT INTO "trials" VALUES('6b06e931c1a848f58bf68b1e60462316',5,1,'{"fast": 3, "slow": 207}','completed',-1.95899663382394333133e-02,'[0.08283792006707963, -0.16615308093675699, -0.025773954511601218, 0.1151316777305171, -0.1039923940404357]',NULL,6.98387999989336094586e-04,'{}');
INSERT INTO "trials" VALUES('6b06e931c1a848f58bf68b1e60462316',6,1,'{"fast": 30, "slow": 186}','completed',-3.10583859701363284612e-04,'[-0.213765067015131, -0.060552625761859484, 0.05251688827636734, 0.0729487153832566, 0.1472991698188597]',NULL,1.82282000025679735699e-04,'{}');
INSERT INTO "trials" VALUES('6b06e931c1a848f58bf68b1e60462316',7,1,'{"fast": 11, "slow": 53}','completed',-4.18831358021346591979e-02,'[0.45382997125327784, -0.8960070270498268, -0.16276216127390622, 0.1696582852082346, 0.22586525285154732]',NULL,1.93593000005876092473e-04,'{}');
INSERT INTO "trials" VALUES('6b06e931c1a848f58bf68b1e60462316',8,1,'{"fast": 44, "slow": 182}','completed',1.50140112301358936985e-02,'[-0.36417201649038133, -0.1817987915158964, 0.16004298405065603, 0.3102325512547344, 0.15076532885156674]',NULL,1.71882000017831160221e-04,'{}');
INSERT INTO "trials" VALUES('6b06e931c1a848f58bf68b1e60462316',9,1,'{"fast": 47, "slow": 292}','completed',-9.31966558454104705699e-03,'[-0.4890445839614233, 0.13278638426916387, 0.30889694568010395, -0.03064420197330135, 0.03140712806275164]',NULL,1.90035999992232973454e-04,'{}');
INSERT INTO "trials" VALUES('6b06e931c1a848f58bf68b1e60462316',10,1,'{"fast": 40, "slow": 222}','completed',3.38216216834659536005e-02,'[-0.3392446264297727, -0.0687071267219837, 0.2073894319659443, 0.27486750880725, 0.09480292079589185]',NULL,1.56462000006740709068e-04,'{}');
INSERT INTO "trials" VALUES('6b06e931c1a848f58bf68b1e60462316',11,1,'{"fast": 11, "slow": 158}','completed',-0.0901070324460957,'[0.09841809026038237, -0.3509310330970569, -0.35075469458413416, 0.22037397489122934, -0.06764149970089908]',NULL,1.52054000011503376299e-04,'{}');
INSERT INTO "trials" VALUES('6b06e9327d175e311c4b4dfb1932a368',0,1,'{"fast": 56, "slow": 38}','failed',NULL,'[]','InvalidTrial: fast (56) must be below slow (38)',2.35539999948741751722e-05,'{}');
INSERT INTO "trials" VALUES('6b06e9327d175e311c4b4dfb1932a368',1,1,'{"fast": 58, "slow": 22}','failed',NULL,'[]','InvalidTrial: fast (58) must be below slow (22)',5.12899998739158e-06,'{}');
INSERT INTO "trials" VALUES('6b06e9327d175e311c4b4dfb1932a368',2,1,'{"fast": 53, "slow": 29}','failed',NULL,'[]','InvalidTrial: fast (53) must be below slow (29)',2.48399999236426083371e-06,'{}');
INSERT INTO "trials" VALUES('6b06e9327d175e311c4b4dfb1932a368',3,1,'{"fast": 60, "slow": 38}','failed',NULL,'[]','InvalidTrial: fast (60) must be below slow (38)',2.9259999791975133121e-06,'{}');
INSERT INTO "trials" VALUES('6b06e93237713f3ae25e8fed60d4569e',0,1,'{"window": 38, "lower": 11.0, "upper": 90.5}','completed',0.0,'[0.0, 0.0, 0.0, 0.0, 0.0]',NULL,1.37506599998005185625e-03,'{}');
INSERT INTO "trials" VALUES('6b06e93237713f3ae25e8fed60d4569e',1,1,'{"window": 41, "lower": 39.5, "upper": 95.0}','completed',-6.11660052120929914609e-02,'[0.006162717390805404, -0.18219105080837197, 0.7114190502258524, -0.4029763772324257, -0.43824436563632513]',NULL,1.24594530000194936292e-02,'{}');
INSERT INTO "trials" VALUES('6b06e93237713f3ae25e8fed60d4569e',2,1,'{"window": 16, "lower": 41.0, "upper": 58.0}','completed',2.53802771814101713054e-02,'[-0.0736961646100432, 0.6044448880535322, 0.02694786312457166, -0.046101726957249484, -0.38469347370376034]',NULL,3.53432999986580398399e-04,'{}');
INSERT INTO "trials" VALUES('6b06e93237713f3ae25e8fed60d4569e',3,1,'{"window": 15, "lower": 9.0, "upper": 69.5}','completed',7.41951244355726867441e-03,'[-0.6597288229914279, 0.7555712346158803, 0.18176861561388424, -0.08019778729565757, -0.16031567772489272]',NULL,2.50183310000124947691e-02,'{}');
INSERT INTO "trials" VALUES('6b06e93237713f3ae25e8fed60d4569e',4,1,'{"window": 10, "lower": 21.5, "upper": 87.5}','completed',1.50989310031080459229e-01,'[0.2010045559739366, 0.44081116662687586, 0.5514520645758626, -0.21840289789595765, -0.2199183391253151]',NULL,5.36334999992504890542e-04,'{}');
INSERT INTO "trials" VALUES('6b06e93237713f3ae25e8fed60d4569e',5,1,'{"window": 31, "lower": 17.0, "upper": 82.5}','completed',-1.62942978317085485073e-02,'[-0.011317404436960018, 0.0, -0.07015408472158273, 0.0, 0.0]',NULL,2.58685000005698384484e-04,'{}');
INSERT INTO "trials" VALUES('6b06e934069726284c44b09f7997ab46',0,1,'{"fast": 38, "slow": 272}','completed',3.66634970634694759561e-02,'[-0.4056483351065755, 0.09839541718160072, 0.26523095797086027, 0.17482042515954785, 0.050519020111914045]',NULL,6.22484999951211648294e-04,'{}');
INSERT INTO "trials" VALUES('6b06e934069726284c44b09f7997ab46',1,1,'{"fast": 47, "slow": 51}','completed',5.79261788197634533426e-02,'[0.1572496396358704, -0.468740028649581, -0.2267282514429266, 0.39709964948248444, 0.43074988507296996]',NULL,1.73915999994278536178e-04,'{}');
INSERT INTO "trials" VALUES('6b06e934069726284c44b09f7997ab46',2,1,'{"fast": 18, "slow": 145}','completed',2.56896373318219739534e-02,'[-0.005917448407902128, -0.29699548456501274, 0.07530012249174557, 0.3823308723096637, -0.02626987516938453]',NULL,1.92540000000462896423e-04,'{}');
INSERT INTO "trials" VALUES('6b06e934069726284c44b09f7997ab46',3,1,'{"fast": 59, "slow": 268}','completed',-1.578377794931270367e-02,'[-0.5881041073142825, 0.1071002217702124, 0.3701131235734977, -0.03105218527194561, 0.06302405749595455]',NULL,1.59428999950250727124e-04,'{}');
INSERT INTO "trials" VALUES('6b06e934069726284c44b09f7997ab46',4,1,'{"fast": 14, "slow": 100}','completed',3.60761376550008394659e-02,'[0.22165023582752702, -0.01813630002768815, -0.46091182988577, 0.47705013996184803, -0.03927155760091265]',NULL,1.76099999976031540427e-04,'{}');
INSERT INTO "trials" VALUES('6b06e934069726284c44b09f7997ab46',5,1,'{"fast": 3, "slow": 207}','completed',-1.95899663382394333133e-02,'[0.08283792006707963, -0.16615308093675699, -0.025773954511601218, 0.1151316777305171, -0.1039923940404357]',NULL,1.44620000014583638403e-04,'{}');
INSERT INTO "trials" VALUES('6b06e934069726284c44b09f7997ab46',6,1,'{"fast": 30, "slow": 186}','completed',-3.10583859701363284612e-04,'[-0.213765067015131, -0.060552625761859484, 0.05251688827636734, 0.0729487153832566, 0.1472991698188597]',NULL,1.28990999996858590748e-04,'{}');
INSERT INTO "trials" VALUES('6b06e934069726284c44b09f7997ab46',7,1,'{"fast": 11, "slow": 53}','completed',-4.18831358021346591979e-02,'[0.45382997125327784, -0.8960070270498268, -0.16276216127390622, 0.1696582852082346, 0.22586525285154732]',NULL,5.40140999987670511472e-04,'{}');
CREATE TABLE workers (
	slot VARCHAR(64) NOT NULL, 
	instance_id VARCHAR(64) NOT NULL, 
	pid INTEGER NOT NULL, 
	host VARCHAR(255) NOT NULL, 
	started_at DATETIME NOT NULL, 
	last_seen DATETIME NOT NULL, 
	PRIMARY KEY (slot)
);
INSERT INTO "workers" VALUES('worker-0','instance-of-before',1,'before','2026-11-25 13:57:08.461795','2026-11-25 13:57:08.609057');
CREATE TABLE workflow_events (
    workflow_uuid TEXT NOT NULL,
    key TEXT NOT NULL,
    value TEXT NOT NULL, "serialization" TEXT DEFAULT NULL,
    PRIMARY KEY (workflow_uuid, key),
    FOREIGN KEY (workflow_uuid) REFERENCES workflow_status(workflow_uuid) 
        ON UPDATE CASCADE ON DELETE CASCADE
);
CREATE TABLE workflow_events_history (
    workflow_uuid TEXT NOT NULL,
    function_id INTEGER NOT NULL,
    key TEXT NOT NULL,
    value TEXT NOT NULL, "serialization" TEXT DEFAULT NULL,
    PRIMARY KEY (workflow_uuid, function_id, key),
    FOREIGN KEY (workflow_uuid) REFERENCES workflow_status(workflow_uuid)
        ON UPDATE CASCADE ON DELETE CASCADE
);
CREATE TABLE workflow_input (
    workflow_uuid TEXT NOT NULL PRIMARY KEY,
    inputs TEXT,
    retention_timestamp INTEGER NOT NULL DEFAULT (strftime('%s','now') * 1000)
);
INSERT INTO "workflow_input" VALUES('6b06e931c1a848f58bf68b1e60462316','gASVPAAAAAAAAAB9lCiMBGFyZ3OUjCA2YjA2ZTkzMWMxYTg0OGY1OGJmNjhiMWU2MDQ2MjMxNpSFlIwGa3dhcmdzlH2UdS4=',1795615025000);
INSERT INTO "workflow_input" VALUES('6b06e9327d175e311c4b4dfb1932a368','gASVPAAAAAAAAAB9lCiMBGFyZ3OUjCA2YjA2ZTkzMjdkMTc1ZTMxMWM0YjRkZmIxOTMyYTM2OJSFlIwGa3dhcmdzlH2UdS4=',1795615026000);
INSERT INTO "workflow_input" VALUES('6b06e93237713f3ae25e8fed60d4569e','gASVPAAAAAAAAAB9lCiMBGFyZ3OUjCA2YjA2ZTkzMjM3NzEzZjNhZTI1ZThmZWQ2MGQ0NTY5ZZSFlIwGa3dhcmdzlH2UdS4=',1795615026000);
INSERT INTO "workflow_input" VALUES('6b06e93491c32cf051edef304fc4e52e','gASVPAAAAAAAAAB9lCiMBGFyZ3OUjCA2YjA2ZTkzNDkxYzMyY2YwNTFlZGVmMzA0ZmM0ZTUyZZSFlIwGa3dhcmdzlH2UdS4=',1795615028000);
INSERT INTO "workflow_input" VALUES('6b06e934c1bef4ca34485b7b8a353310','gASVPAAAAAAAAAB9lCiMBGFyZ3OUjCA2YjA2ZTkzNGMxYmVmNGNhMzQ0ODViN2I4YTM1MzMxMJSFlIwGa3dhcmdzlH2UdS4=',1795615028000);
INSERT INTO "workflow_input" VALUES('6b06e934069726284c44b09f7997ab46','gASVPAAAAAAAAAB9lCiMBGFyZ3OUjCA2YjA2ZTkzNDA2OTcyNjI4NGM0NGIwOWY3OTk3YWI0NpSFlIwGa3dhcmdzlH2UdS4=',1795615028000);
CREATE TABLE workflow_output (
    workflow_uuid TEXT NOT NULL PRIMARY KEY,
    output TEXT,
    error TEXT,
    retention_timestamp INTEGER NOT NULL DEFAULT (strftime('%s','now') * 1000)
);
CREATE TABLE workflow_schedules (
    schedule_id TEXT PRIMARY KEY,
    schedule_name TEXT NOT NULL UNIQUE,
    workflow_name TEXT NOT NULL,
    workflow_class_name TEXT,
    schedule TEXT NOT NULL,
    status TEXT NOT NULL DEFAULT 'ACTIVE',
    context TEXT NOT NULL
, "last_fired_at" TEXT DEFAULT NULL, "automatic_backfill" BOOLEAN NOT NULL DEFAULT FALSE, "cron_timezone" TEXT DEFAULT NULL, "queue_name" TEXT DEFAULT NULL, "application_name" TEXT DEFAULT NULL);
CREATE TABLE workflow_status (
    workflow_uuid TEXT PRIMARY KEY,
    status TEXT,
    name TEXT,
    authenticated_user TEXT,
    assumed_role TEXT,
    authenticated_roles TEXT,
    request TEXT,
    output TEXT,
    error TEXT,
    executor_id TEXT,
    created_at INTEGER NOT NULL DEFAULT (strftime('%s','now') * 1000),
    updated_at INTEGER NOT NULL DEFAULT (strftime('%s','now') * 1000),
    application_version TEXT,
    application_id TEXT,
    class_name TEXT DEFAULT NULL,
    config_name TEXT DEFAULT NULL,
    recovery_attempts INTEGER DEFAULT 0,
    queue_name TEXT,
    workflow_timeout_ms INTEGER,
    workflow_deadline_epoch_ms INTEGER,
    inputs TEXT,
    started_at_epoch_ms INTEGER,
    deduplication_id TEXT,
    priority INTEGER NOT NULL DEFAULT 0
, queue_partition_key TEXT, forked_from TEXT, "owner_xid" TEXT DEFAULT NULL, "parent_workflow_id" TEXT DEFAULT NULL, "serialization" TEXT DEFAULT NULL, "delay_until_epoch_ms" BIGINT DEFAULT NULL, "was_forked_from" BOOLEAN NOT NULL DEFAULT FALSE, "rate_limited" BOOLEAN NOT NULL DEFAULT FALSE, "completed_at" BIGINT, "attributes" TEXT, "schedule_name" TEXT, "debounce_deadline_epoch_ms" BIGINT DEFAULT NULL, "is_debounced" BOOLEAN NOT NULL DEFAULT FALSE, "application_name" TEXT DEFAULT NULL, "creator_xid" TEXT DEFAULT NULL);
INSERT INTO "workflow_status" VALUES('6b06e931c1a848f58bf68b1e60462316','SUCCESS','optimize',NULL,NULL,NULL,NULL,NULL,NULL,NULL,1795615025000,1795615025000,'1',NULL,NULL,NULL,0,'optimizations',NULL,NULL,NULL,NULL,NULL,0,NULL,NULL,NULL,NULL,'py_pickle',NULL,0,0,NULL,'null',NULL,NULL,0,NULL,'00e731d2-c9d8-497f-852c-b88602f0af5e');
INSERT INTO "workflow_status" VALUES('6b06e9327d175e311c4b4dfb1932a368','SUCCESS','optimize',NULL,NULL,NULL,NULL,NULL,NULL,NULL,1795615026000,1795615026000,'1',NULL,NULL,NULL,0,'optimizations',NULL,NULL,NULL,NULL,NULL,0,NULL,NULL,NULL,NULL,'py_pickle',NULL,0,0,NULL,'null',NULL,NULL,0,NULL,'88d67d6c-a167-4b2f-80aa-2fd491a36eb6');
INSERT INTO "workflow_status" VALUES('6b06e93237713f3ae25e8fed60d4569e','SUCCESS','optimize',NULL,NULL,NULL,NULL,NULL,NULL,NULL,1795615026000,1795615026000,'1',NULL,NULL,NULL,0,'optimizations',NULL,NULL,NULL,NULL,NULL,0,NULL,NULL,NULL,NULL,'py_pickle',NULL,0,0,NULL,'null',NULL,NULL,0,NULL,'bda77a50-b755-4111-b64a-217c0dc170a7');
INSERT INTO "workflow_status" VALUES('6b06e93491c32cf051edef304fc4e52e','CANCELLED','optimize',NULL,NULL,NULL,NULL,NULL,NULL,NULL,1795615028000,1795615028000,'1',NULL,NULL,NULL,0,NULL,NULL,NULL,NULL,NULL,NULL,0,NULL,NULL,NULL,NULL,'py_pickle',NULL,0,0,1795615028000,'null',NULL,NULL,0,NULL,'7edda174-fda6-4f42-bf62-6531e6d511b5');
INSERT INTO "workflow_status" VALUES('6b06e934c1bef4ca34485b7b8a353310','ENQUEUED','optimize',NULL,NULL,NULL,NULL,NULL,NULL,NULL,1795615028000,1795615028000,'1',NULL,NULL,NULL,0,'optimizations',NULL,NULL,NULL,NULL,NULL,0,NULL,NULL,NULL,NULL,'py_pickle',NULL,0,0,NULL,'null',NULL,NULL,0,NULL,'e73904ff-121d-4bf9-9bc3-8c0c1b9b709b');
INSERT INTO "workflow_status" VALUES('6b06e934069726284c44b09f7997ab46','PENDING','optimize',NULL,NULL,NULL,NULL,NULL,NULL,'worker-0',1795615028000,1795615028000,'1',NULL,NULL,NULL,0,'optimizations',NULL,NULL,NULL,NULL,NULL,0,NULL,NULL,NULL,NULL,'py_pickle',NULL,0,0,NULL,'null',NULL,NULL,0,NULL,'b391fb78-e15b-4433-852b-5b80063335d3');
CREATE INDEX optimizations_by_state ON optimizations (state, created_at);
CREATE INDEX workflow_status_created_at_index ON workflow_status (created_at);
CREATE INDEX idx_workflow_topic ON notifications (destination_uuid, topic);
CREATE INDEX "idx_workflow_status_delayed" ON "workflow_status" ("delay_until_epoch_ms") WHERE status = 'DELAYED';
CREATE INDEX "idx_workflow_status_forked_from" ON "workflow_status" ("forked_from") WHERE "forked_from" IS NOT NULL;
CREATE INDEX "idx_workflow_status_parent_workflow_id" ON "workflow_status" ("parent_workflow_id") WHERE "parent_workflow_id" IS NOT NULL;
CREATE UNIQUE INDEX "uq_workflow_status_dedup_id" ON "workflow_status" ("queue_name", "deduplication_id") WHERE "deduplication_id" IS NOT NULL;
CREATE INDEX "idx_workflow_status_pending" ON "workflow_status" ("created_at") WHERE "status" = 'PENDING';
CREATE INDEX "idx_workflow_status_failed" ON "workflow_status" ("status", "created_at") WHERE "status" IN ('ERROR', 'CANCELLED', 'MAX_RECOVERY_ATTEMPTS_EXCEEDED');
CREATE INDEX "idx_workflow_status_rate_limited" ON "workflow_status" ("queue_name", "started_at_epoch_ms") WHERE "rate_limited" = TRUE;
CREATE INDEX "idx_workflow_status_completed_at" ON "workflow_status" ("completed_at") WHERE "completed_at" IS NOT NULL;
CREATE INDEX "idx_workflow_status_started_at" ON "workflow_status" ("started_at_epoch_ms") WHERE "started_at_epoch_ms" IS NOT NULL;
CREATE INDEX "idx_workflow_status_schedule_name" ON "workflow_status" ("schedule_name") WHERE "schedule_name" IS NOT NULL;
CREATE UNIQUE INDEX "uq_application_versions_owner_version"
    ON application_versions ("application_name", "version_name")
    WHERE "application_name" IS NOT NULL;
CREATE UNIQUE INDEX "uq_application_versions_unclaimed_version"
    ON application_versions ("version_name")
    WHERE "application_name" IS NULL;
CREATE INDEX idx_workflow_input_retention
    ON workflow_input (retention_timestamp);
CREATE INDEX idx_workflow_output_retention
    ON workflow_output (retention_timestamp);
CREATE INDEX idx_operation_outputs_retention
    ON operation_outputs (retention_timestamp);
CREATE INDEX "idx_workflow_status_in_flight_v2" ON "workflow_status" ("queue_name", "status", "priority", "created_at", "application_name") WHERE "status" IN ('ENQUEUED', 'PENDING');
CREATE INDEX "idx_workflow_status_partition_dequeue_v3" ON "workflow_status" ("queue_name", "status", "queue_partition_key", "priority", "created_at", "workflow_uuid", "application_name") WHERE "status" IN ('ENQUEUED', 'PENDING') AND "queue_partition_key" IS NOT NULL;
CREATE INDEX "idx_operation_outputs_completed_at_function_name_v2" ON "operation_outputs" ("completed_at_epoch_ms", "function_name", "application_name");
CREATE INDEX "idx_workflow_status_deadline" ON "workflow_status" ("workflow_deadline_epoch_ms") WHERE "status" IN ('ENQUEUED', 'PENDING', 'DELAYED') AND "workflow_deadline_epoch_ms" IS NOT NULL;
CREATE INDEX "idx_application_versions_timestamp" ON "application_versions" ("version_timestamp" DESC);
CREATE INDEX "idx_application_versions_owner_timestamp" ON "application_versions" ("application_name", "version_timestamp" DESC);
COMMIT;
