"""Servers by themselves: the top-level packages of their clients, and the ports that they listen on by custom."""

from __future__ import annotations

from collections.abc import Mapping

_CLIENTS = {
    "activemq": "stomp",
    "arangodb": "aioarango arango",
    "aws": "aiobotocore boto3 botocore",
    "cassandra": "cassandra",
    "clickhouse": "asynch clickhouse_connect clickhouse_driver",
    "consul": "consul",
    "docker": "aiodocker docker",
    "elasticsearch": "elastic_transport elasticsearch",
    "etcd": "etcd3",
    "ftp": "aioftp ftplib",
    "grpc": "grpc",
    "http": "aiohttp http httpcore httpx requests urllib urllib3 xmlrpc",
    "imap": "aioimaplib imaplib",
    "influxdb": "influxdb influxdb_client",
    "kafka": "aiokafka cimpl confluent_kafka kafka",
    "ldap": "bonsai ldap ldap3",
    "memcached": "aiomcache emcache memcache pylibmc pymemcache",
    "mongodb": "motor pymongo",
    "mqtt": "aiomqtt gmqtt paho",
    "mysql": "MySQLdb aiomysql asyncmy mysql pymysql",
    "nats": "nats",
    "neo4j": "neo4j",
    "odbc": "pyodbc",
    "opensearch": "opensearchpy",
    "oracle": "cx_Oracle oracledb",
    "pop": "poplib",
    "postgres": "aiopg asyncpg pg8000 psycopg psycopg2 psycopg_pool",
    "rabbitmq": "aio_pika aiormq amqp pika",
    "redis": "aioredis coredis redis",
    "s3": "minio",
    "smtp": "aiosmtplib smtplib",
    "solr": "pysolr",
    "sqlserver": "pymssql pytds",
    "ssh": "asyncssh paramiko",
    "temporal": "temporalio",
    "valkey": "valkey",
    "vault": "hvac",
    "websocket": "websocket websockets",
    "zookeeper": "kazoo",
}

SERVERS: Mapping[str, str] = {package: server for server, packages in _CLIENTS.items() for package in packages.split()}
"""By the package of a client. Of what is only spoken, such as ``http``, nobody knows which server it is."""

PUBLISHED: Mapping[str, str] = {"cimpl": "confluent_kafka"}
"""Packages of compiled parts, which name their classes after themselves, with what people install and import."""

_CUSTOM = {
    "activemq": "61613",
    "arangodb": "8529",
    "aws": "4566",
    "cassandra": "9042",
    "clickhouse": "8123",
    "consul": "8500",
    "docker": "2375 2376",
    "elasticsearch": "9200",
    "etcd": "2379",
    "ftp": "21",
    "grpc": "50051",
    "imap": "143 993",
    "influxdb": "8086",
    "kafka": "9092",
    "ldap": "389 636",
    "memcached": "11211",
    "mongodb": "27017",
    "mqtt": "1883 8883",
    "mysql": "3306",
    "nats": "4222",
    "neo4j": "7687",
    "oracle": "1521",
    "pop": "110 995",
    "postgres": "5432",
    "rabbitmq": "5672 5671",
    "redis": "6379 26379",
    "smtp": "25 465 587",
    "solr": "8983",
    "sqlserver": "1433",
    "ssh": "22",
    "temporal": "7233",
    "vault": "8200",
    "zookeeper": "2181",
}

LISTENING: Mapping[int, str] = {int(port): server for server, ports in _CUSTOM.items() for port in ports.split()}
"""By the port that a server listens on where nobody says otherwise."""
USUAL: Mapping[str, int] = {server: int(ports.partition(" ")[0]) for server, ports in _CUSTOM.items()}
"""By server: the port that its clients ask where they are told a host alone."""

SPOKEN: Mapping[str, str] = {"valkey": "redis"}
"""Servers that speak the protocol of another: at one address there is one server, whichever client asks."""


def server_of(module: str) -> str:
    """The server whose client has a module or class of this dotted name; "" where it is none's, or speaks HTTP."""
    server = SERVERS.get(module.partition(".")[0], "")
    return "" if server == "http" else server
