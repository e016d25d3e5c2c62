-- Loyalty: levels, what they are worth, and points for what was paid.

SET search_path TO shop, public;

BEGIN;

CREATE TYPE level_name AS ENUM (
    'copper',
    'silver',
    'gold'
);

-- From how many points on a customer has a level.
CREATE TABLE level (
    name level_name PRIMARY KEY,
    from_points integer NOT NULL UNIQUE CHECK (from_points >= 0),
    percent integer NOT NULL CHECK (percent BETWEEN 0 AND 50),
    ships_free boolean NOT NULL DEFAULT false
);

INSERT INTO level (name, from_points, percent, ships_free) VALUES
    ('copper', 0, 0, false),
    ('silver', 500, 3, false),
    ('gold', 2000, 5, true);

-- Each change of somebody's points; never changed itself.
CREATE TABLE point_entry (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    customer_id bigint NOT NULL REFERENCES customer ON DELETE CASCADE,
    order_id bigint REFERENCES customer_order,
    points integer NOT NULL CHECK (points <> 0),
    why text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);

CREATE INDEX point_entry_customer ON point_entry (customer_id, created_at);
CREATE UNIQUE INDEX point_entry_order ON point_entry (order_id) WHERE points > 0;

ALTER TABLE customer
    ADD COLUMN level level_name NOT NULL DEFAULT 'copper' REFERENCES level;

ALTER TABLE customer_order
    ADD COLUMN shipping money_amount NOT NULL DEFAULT 4.90;

-- The level that somebody has with so many points.
CREATE FUNCTION level_of(wanted integer) RETURNS level_name
    LANGUAGE sql STABLE
    BEGIN ATOMIC
        SELECT CASE
            WHEN wanted < 0 THEN NULL
            ELSE (SELECT name FROM level WHERE from_points <= wanted ORDER BY from_points DESC LIMIT 1)
        END;
    END;

CREATE FUNCTION keep_points() RETURNS trigger
    LANGUAGE plpgsql
AS $body$
BEGIN
    UPDATE customer
    SET points = points + NEW.points,
        level = level_of(points + NEW.points)
    WHERE id = NEW.customer_id;
    RETURN NULL;
END;
$body$;

CREATE TRIGGER point_entry_sum
    AFTER INSERT ON point_entry
    FOR EACH ROW EXECUTE FUNCTION keep_points();

-- One point for each unit of money that was captured.
CREATE FUNCTION reward_payment() RETURNS trigger
    LANGUAGE plpgsql
AS $body$
DECLARE
    buyer bigint;
BEGIN
    IF NEW.state = 'captured' AND OLD.state IS DISTINCT FROM 'captured' THEN
        SELECT customer_id INTO buyer FROM customer_order WHERE id = NEW.order_id;
        IF floor(NEW.amount) > 0 THEN
            INSERT INTO point_entry (customer_id, order_id, points, why)
            VALUES (buyer, NEW.order_id, floor(NEW.amount), 'payment ' || NEW.id)
            ON CONFLICT DO NOTHING;
        END IF;
    END IF;
    RETURN NULL;
END;
$body$;

CREATE TRIGGER payment_reward
    AFTER UPDATE ON payment
    FOR EACH ROW EXECUTE FUNCTION reward_payment();

-- A total knows the level from now on.
CREATE OR REPLACE FUNCTION order_total(wanted bigint) RETURNS numeric
    LANGUAGE sql STABLE
AS $$
    SELECT round(
        coalesce(sum(line.quantity * line.unit_price), 0)
        * (100 - greatest(coalesce(max(coupon.percent), 0), max(level.percent))) / 100, 2)
    FROM customer_order AS o
    JOIN customer ON customer.id = o.customer_id
    JOIN level ON level.name = customer.level
    LEFT JOIN order_line AS line ON line.order_id = o.id
    LEFT JOIN coupon ON coupon.code = o.coupon
    WHERE o.id = wanted
$$;

-- Money that somebody was given.
CREATE TABLE gift_card (
    code text PRIMARY KEY CHECK (length(code) = 12),
    amount money_amount NOT NULL,
    left_over money_amount NOT NULL,
    bought_by bigint REFERENCES customer,
    used_by bigint REFERENCES customer,
    valid_to date NOT NULL DEFAULT current_date + 365,
    CHECK (left_over <= amount)
);

-- Who wants to be told.
CREATE TABLE newsletter (
    email email PRIMARY KEY,
    customer_id bigint REFERENCES customer ON DELETE SET NULL,
    token uuid NOT NULL UNIQUE DEFAULT gen_random_uuid(),
    confirmed_at timestamptz,
    left_at timestamptz
);

-- A time in which something costs less.
CREATE TABLE campaign (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    title text NOT NULL,
    percent integer NOT NULL CHECK (percent BETWEEN 1 AND 90),
    during tstzrange NOT NULL,
    only_from level_name REFERENCES level,
    CHECK (NOT isempty(during))
);

-- What costs less in it.
CREATE TABLE campaign_product (
    campaign_id bigint NOT NULL REFERENCES campaign ON DELETE CASCADE,
    product_id bigint NOT NULL REFERENCES product ON DELETE CASCADE,
    PRIMARY KEY (campaign_id, product_id)
);

-- What is sent again and again.
CREATE TABLE subscription (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    customer_id bigint NOT NULL REFERENCES customer,
    variant_id bigint NOT NULL REFERENCES variant,
    quantity integer NOT NULL CHECK (quantity > 0),
    every_days integer NOT NULL CHECK (every_days BETWEEN 7 AND 365),
    next_on date NOT NULL,
    ended_at timestamptz,
    UNIQUE (customer_id, variant_id)
);

-- Who brought whom.
CREATE TABLE referral (
    referred_id bigint PRIMARY KEY REFERENCES customer ON DELETE CASCADE,
    by_id bigint NOT NULL REFERENCES customer ON DELETE CASCADE,
    rewarded_at timestamptz,
    CHECK (referred_id <> by_id)
);

-- What a level brings besides.
CREATE TABLE benefit (
    level level_name NOT NULL REFERENCES level,
    title text NOT NULL,
    PRIMARY KEY (level, title)
);

-- When somebody gets points for nothing.
CREATE TABLE birthday (
    customer_id bigint PRIMARY KEY REFERENCES customer ON DELETE CASCADE,
    month integer NOT NULL CHECK (month BETWEEN 1 AND 12),
    day integer NOT NULL CHECK (day BETWEEN 1 AND 31)
);

-- What somebody wants to send back.
CREATE TABLE return_request (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    order_id bigint NOT NULL,
    position integer NOT NULL,
    quantity integer NOT NULL CHECK (quantity > 0),
    why text NOT NULL,
    accepted_at timestamptz,
    refused_at timestamptz,
    CHECK (accepted_at IS NULL OR refused_at IS NULL),
    FOREIGN KEY (order_id, position) REFERENCES order_line
);

CREATE INDEX gift_card_used ON gift_card (used_by) WHERE used_by IS NOT NULL;
CREATE INDEX campaign_during ON campaign USING gist (during);
CREATE INDEX subscription_next ON subscription (next_on) WHERE ended_at IS NULL;
CREATE INDEX return_request_order ON return_request (order_id);

CREATE FUNCTION due_subscriptions(day date) RETURNS SETOF subscription
    LANGUAGE sql STABLE
AS $$
    SELECT * FROM subscription WHERE ended_at IS NULL AND next_on <= day ORDER BY next_on, id
$$;

-- Pay from a gift card; what it has left afterwards.
CREATE FUNCTION use_gift_card(card text, wanted numeric, buyer bigint) RETURNS numeric
    LANGUAGE plpgsql
AS $body$
DECLARE
    remaining numeric;
BEGIN
    UPDATE gift_card
    SET left_over = left_over - wanted, used_by = buyer
    WHERE code = card AND valid_to >= current_date AND left_over >= wanted
    RETURNING left_over INTO remaining;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'gift card % is not worth %', card, wanted;
    END IF;
    RETURN remaining;
END;
$body$;

CREATE VIEW loyal_customer AS
SELECT customer.id, customer.name, customer.points, customer.level, level.percent, level.ships_free
FROM customer
JOIN level ON level.name = customer.level
WHERE customer.level > 'copper' AND NOT customer.is_blocked;

-- Everybody who has paid before begins with points for it.
INSERT INTO point_entry (customer_id, order_id, points, why)
SELECT o.customer_id, o.id, floor(sum(payment.amount)), 'before there were points'
FROM payment
JOIN customer_order AS o ON o.id = payment.order_id
WHERE payment.state = 'captured'
GROUP BY o.customer_id, o.id
HAVING floor(sum(payment.amount)) > 0;

COMMENT ON TABLE level IS 'levels of loyalty; the order of the type is that of the levels';
COMMENT ON FUNCTION level_of(integer) IS 'null for a debt';

COMMIT;
