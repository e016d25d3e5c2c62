import os

import psycopg
import pytest

DATABASE = os.environ["SHOP_DATABASE"]  # there before any conftest is loaded


@pytest.fixture(scope="session")
def connection():
    with psycopg.connect(DATABASE, autocommit=True) as opened:
        opened.execute("SET search_path TO shop, public")
        yield opened


@pytest.fixture
def db(connection):
    connection.execute("BEGIN")
    yield connection
    connection.execute("ROLLBACK")


@pytest.fixture
def one(db):
    def one(query, *values):
        row = db.execute(query, values).fetchone()
        return row[0] if row and len(row) == 1 else row

    return one


@pytest.fixture
def customer(one):
    return one("INSERT INTO customer (email, name) VALUES ('ada@example.org', 'Ada') RETURNING id")


@pytest.fixture
def green(one):
    return one("SELECT id FROM variant WHERE sku = 'GREEN-100'")


@pytest.fixture
def order(one, customer):
    address = one(
        "INSERT INTO address (customer_id, role, name, street, city, postcode, country)"
        " VALUES (%s, 'billing', 'Ada', 'Row 1', 'Graz', '8010', 'AT') RETURNING id",
        customer,
    )
    return one(
        "INSERT INTO customer_order (customer_id, billing_id, delivery_id) VALUES (%s, %s, %s) RETURNING id",
        customer,
        address,
        address,
    )
