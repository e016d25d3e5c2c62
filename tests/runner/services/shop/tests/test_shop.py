import psycopg
import pytest


def test_countries_came_with_the_schema(one):
    assert one("SELECT count(*) FROM country") == 10


def test_a_semicolon_in_a_text_ends_no_statement(one):
    assert one("SELECT name FROM carrier WHERE code = 'post'") == "The post; slow"


def test_two_dashes_in_a_text_begin_no_comment(one):
    assert one("SELECT name FROM carrier WHERE code = 'bike'") == "Bicycles -- fast"


def test_an_email_is_checked(db):
    with pytest.raises(psycopg.errors.CheckViolation):
        db.execute("INSERT INTO customer (email, name) VALUES ('nobody', 'N')")


def test_an_email_is_had_once(db, customer):
    with pytest.raises(psycopg.errors.UniqueViolation):
        db.execute("INSERT INTO customer (email, name) VALUES ('ada@example.org', 'Other')")


def test_a_database_begins_without_customers(one):
    assert one("SELECT count(*) FROM customer") == 0


def test_a_change_is_audited(one, customer):
    assert one("SELECT operation, row_after ->> 'name' FROM audit.change WHERE table_name = 'customer'") == ("INSERT", "Ada")


def test_a_category_is_not_its_own_parent(db):
    with pytest.raises(psycopg.errors.CheckViolation):
        db.execute("UPDATE category SET parent_id = id")


def test_the_price_of_a_day_is_the_last_before_it(one, db, green):
    db.execute("INSERT INTO price (variant_id, amount, valid_from) VALUES (%s, 9, '2024-01-01')", [green])
    assert one("SELECT price_on(%s, 'EUR', '2023-06-01'), price_on(%s, 'EUR', '2024-06-01')", green, green) == (7.5, 9)


def test_before_its_first_price_a_variant_has_none(one, green):
    assert one("SELECT price_on(%s, 'EUR', '2019-01-01')", green) is None


def test_what_is_received_lies_in_the_warehouse(one, db, green):
    for quantity in (5, 2, -3):
        db.execute(
            "INSERT INTO movement (warehouse_id, variant_id, quantity, reason) VALUES (1, %s, %s, 'corrected')",
            [green, quantity],
        )
    assert one("SELECT quantity FROM stock WHERE variant_id = %s", green) == 4


def test_more_than_there_is_cannot_be_sold(db, green):
    db.execute(
        "INSERT INTO movement (warehouse_id, variant_id, quantity, reason) VALUES (1, %s, 1, 'received')", [green]
    )
    with pytest.raises(psycopg.errors.RaiseException, match="2 were asked for"):
        db.execute(
            "INSERT INTO movement (warehouse_id, variant_id, quantity, reason) VALUES (1, %s, -2, 'sold')", [green]
        )


def test_what_is_available_is_listed(one, db, green):
    db.execute("INSERT INTO stock (warehouse_id, variant_id, quantity, reserved) VALUES (2, %s, 9, 4)", [green])
    assert one("SELECT title, brand, available FROM listed_variant") == ("Green tea", "Leaf & Sons", 5)


def test_numbers_of_orders_go_on(one, order):
    assert one("SELECT number >= 100000 FROM customer_order WHERE id = %s", order)


def test_an_order_knows_its_total(one, db, order, green):
    db.execute("INSERT INTO order_line VALUES (%s, 1, %s, 4, 7.50)", [order, green])
    assert one("SELECT total FROM customer_order WHERE id = %s", order) == 30


def test_a_coupon_makes_it_less(one, db, order, green):
    db.execute("INSERT INTO coupon (code, percent) VALUES ('TEN', 10)")
    db.execute("UPDATE customer_order SET coupon = 'TEN' WHERE id = %s", [order])
    db.execute("INSERT INTO order_line VALUES (%s, 1, %s, 4, 7.50)", [order, green])
    assert one("SELECT total FROM customer_order WHERE id = %s", order) == 27


def test_an_order_that_is_placed_says_when(db, order):
    with pytest.raises(psycopg.errors.CheckViolation):
        db.execute("UPDATE customer_order SET state = 'placed' WHERE id = %s", [order])


def test_ratings_are_rounded(one, db, customer):
    db.execute("INSERT INTO review (product_id, customer_id, stars) SELECT id, %s, 4 FROM product", [customer])
    db.execute("REFRESH MATERIALIZED VIEW product_rating")
    assert one("SELECT reviews, stars FROM product_rating") == (1, 4)


def test_a_payment_brings_points_once(one, db, order, customer):
    db.execute("INSERT INTO payment (order_id, method, amount) VALUES (%s, 'card', 612.90)", [order])
    for state in ("captured", "pending", "captured"):
        db.execute("UPDATE payment SET state = %s::payment_state", [state])
    assert one("SELECT points, level::text FROM customer WHERE id = %s", customer) == (612, "silver")


@pytest.mark.parametrize(("points", "level"), [(0, "copper"), (1999, "silver"), (-1, None)])
def test_points_make_a_level(one, points, level):
    assert one("SELECT level_of(%s)::text", points) == level


def test_a_gift_card_is_not_worth_more_than_it_has(one, db, customer):
    db.execute("INSERT INTO gift_card (code, amount, left_over) VALUES ('ABCDEFGHIJKL', 20, 20)")
    assert one("SELECT use_gift_card('ABCDEFGHIJKL', 15, %s)", customer) == 5
    with pytest.raises(psycopg.errors.RaiseException, match="is not worth 15"):
        db.execute("SELECT use_gift_card('ABCDEFGHIJKL', 15, %s)", [customer])
